//! Addition and subtraction.

use iced_x86::Mnemonic;

use super::emit::{Lift, ZERO};
use crate::machine::{Condition, Operand, Operation};
use crate::registers::Flags;

const ONE: Operand = Operand::Constant(1);

impl Lift<'_> {
    pub(super) fn arithmetic(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Add => self.binary(Operation::Add),
            M::Sub => self.binary(Operation::Subtract),
            M::Adc => self.with_carry(Operation::AddCarry),
            M::Sbb => self.with_carry(Operation::SubtractBorrow),
            M::Cmp => self.compare(Operation::Subtract),
            M::Inc => self.step(Operation::Add),
            M::Dec => self.step(Operation::Subtract),
            M::Neg => self.negate(),
            M::Adcx => self.add_with(Condition::Below, Flags::CF),
            M::Adox => self.add_with(Condition::Overflow, Flags::OF),
            _ => return false,
        }
        true
    }

    /// `a = a ∘ b`, with all arithmetic flags.
    pub(super) fn binary(&mut self, operation: Operation) {
        let bits = self.width(0);
        let b = self.source(1);
        let to = self.destination(0);
        let a = self.get(to);
        let result = self.compute(operation, bits, a, b);
        self.set_flags(Flags::ARITHMETIC, operation, bits, [a, b, ZERO], result);
        self.set(to, result);
    }

    /// As [`Self::binary`], the result thrown away: `cmp` and `test`.
    pub(super) fn compare(&mut self, operation: Operation) {
        let bits = self.width(0);
        let a = self.source(0);
        let b = if self.are_same(0, 1) {
            a
        } else {
            self.source(1)
        };
        let result = self.compute(operation, bits, a, b);
        self.set_flags(Flags::ARITHMETIC, operation, bits, [a, b, ZERO], result);
    }

    fn with_carry(&mut self, operation: Operation) {
        let bits = self.width(0);
        let b = self.source(1);
        let to = self.destination(0);
        let a = self.get(to);
        let carry = self.test(Condition::Below);
        let result = self.compute3(operation, bits, a, b, carry);
        self.set_flags(Flags::ARITHMETIC, operation, bits, [a, b, carry], result);
        self.set(to, result);
    }

    /// `inc` and `dec` leave CF alone.
    fn step(&mut self, operation: Operation) {
        let bits = self.width(0);
        let to = self.destination(0);
        let a = self.get(to);
        let result = self.compute(operation, bits, a, ONE);
        let set = Flags::ARITHMETIC & !Flags::CF;
        self.set_flags(set, operation, bits, [a, ONE, ZERO], result);
        self.set(to, result);
    }

    fn negate(&mut self) {
        let bits = self.width(0);
        let to = self.destination(0);
        let a = self.get(to);
        let result = self.compute(Operation::Negate, bits, a, ZERO);
        let inputs = [ZERO, a, ZERO];
        self.set_flags(Flags::ARITHMETIC, Operation::Subtract, bits, inputs, result);
        self.set(to, result);
    }

    /// `adcx` and `adox`: the carry comes from and goes to one flag only.
    fn add_with(&mut self, condition: Condition, flag: Flags) {
        let bits = self.width(0);
        let b = self.source(1);
        let to = self.destination(0);
        let a = self.get(to);
        let carry = self.test(condition);
        let result = self.compute3(Operation::AddCarry, bits, a, b, carry);
        let out = self.carry_out(bits, a, b, result);
        self.flag_from(flag, out);
        self.set(to, result);
    }

    /// The carry of `a + b + c = result`: the top bit of `a & b | (a | b) & !result`.
    fn carry_out(&mut self, bits: u16, a: Operand, b: Operand, result: Operand) -> Operand {
        let both = self.compute(Operation::And, bits, a, b);
        let either = self.compute(Operation::Or, bits, a, b);
        let clear = self.compute(Operation::Not, bits, result, ZERO);
        let passed = self.compute(Operation::And, bits, either, clear);
        let carries = self.compute(Operation::Or, bits, both, passed);
        let top = Operand::Constant(u64::from(bits) - 1);
        self.compute(Operation::ShiftRight, bits, carries, top)
    }
}
