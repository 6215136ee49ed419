//! Shifts and rotates.

use iced_x86::Mnemonic;

use super::emit::{Lift, ZERO};
use super::operands::Destination;
use crate::machine::{Condition, Effect, Operand, Operation};
use crate::registers::Flags;

const ONE: Operand = Operand::Constant(1);

impl Lift<'_> {
    pub(super) fn shifts(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Shl | M::Sal => self.shift(Operation::ShiftLeft, Flags::ARITHMETIC),
            M::Shr => self.shift(Operation::ShiftRight, Flags::ARITHMETIC),
            M::Sar => self.shift(Operation::ShiftArithmetic, Flags::ARITHMETIC),
            M::Rol => self.shift(Operation::RotateLeft, Flags::CF | Flags::OF),
            M::Ror => self.shift(Operation::RotateRight, Flags::CF | Flags::OF),
            M::Rcl => self.rotate_through_carry(Self::rotate_left_by_one),
            M::Rcr => self.rotate_through_carry(Self::rotate_right_by_one),
            M::Shld => self.double_shift(Operation::ShiftLeftDouble),
            M::Shrd => self.double_shift(Operation::ShiftRightDouble),
            M::Shlx => self.flagless(Operation::ShiftLeft),
            M::Shrx => self.flagless(Operation::ShiftRight),
            M::Sarx => self.flagless(Operation::ShiftArithmetic),
            M::Rorx => self.flagless(Operation::RotateRight),
            _ => return false,
        }
        true
    }

    /// The count of an operand, reduced to 5 bits, or 6 for 64-bit operands.
    fn count(&mut self, operand: u32, bits: u16) -> Operand {
        let mask = if bits == 64 { 0x3f } else { 0x1f };
        if let Some(count) = self.plain_immediate(operand) {
            return Operand::Constant(count & mask);
        }
        let count = self.source(operand);
        self.compute(Operation::And, 8, count, Operand::Constant(mask))
    }

    fn shift(&mut self, operation: Operation, set: Flags) {
        let bits = self.width(0);
        let count = self.count(1, bits);
        let to = self.destination(0);
        let a = self.get(to);
        let result = self.compute(operation, bits, a, count);
        self.shift_flags(set, operation, bits, [a, count, ZERO], count, result);
        self.set(to, result);
    }

    /// A count of 0 leaves all flags alone.
    fn shift_flags(
        &mut self,
        set: Flags,
        operation: Operation,
        bits: u16,
        inputs: [Operand; 3],
        count: Operand,
        result: Operand,
    ) {
        let unless_zero = match count {
            Operand::Constant(0) => return,
            Operand::Constant(_) => None,
            Operand::Temp(_) => Some(count),
        };
        self.push(Effect::SetFlags {
            set,
            operation,
            bits: bits as u8,
            inputs,
            result,
            unless_zero,
        });
    }

    fn double_shift(&mut self, operation: Operation) {
        let bits = self.width(0);
        let count = self.count(2, bits);
        let fill = self.source(1);
        let to = self.destination(0);
        let a = self.get(to);
        let may_exceed = match count {
            Operand::Constant(count) => count > u64::from(bits),
            Operand::Temp(_) => bits < 32,
        };
        if may_exceed {
            // Counts above 16 leave the target and the flags undefined.
            let result = self.open(bits, false);
            self.undefine_flags(Flags::ARITHMETIC);
            self.set(to, result);
            return;
        }
        let result = self.compute3(operation, bits, a, fill, count);
        let inputs = [a, fill, count];
        self.shift_flags(Flags::ARITHMETIC, operation, bits, inputs, count, result);
        self.set(to, result);
    }

    /// `rcl` and `rcr`: exact by one, open otherwise.
    fn rotate_through_carry(&mut self, by_one: fn(&mut Self, Destination, u16)) {
        let bits = self.width(0);
        let count = self.count(1, bits);
        let to = self.destination(0);
        match count {
            Operand::Constant(1) => by_one(self, to, bits),
            Operand::Constant(0) => {
                let same = self.get(to);
                self.set(to, same);
            }
            _ => {
                self.get(to);
                self.test(Condition::Below);
                let result = self.determined(bits);
                self.open_flags(Flags::CF);
                self.undefine_flags(Flags::OF);
                self.set(to, result);
            }
        }
    }

    /// `rcl a, 1` is `adc a, a` but for the flags that it leaves alone.
    fn rotate_left_by_one(&mut self, to: Destination, bits: u16) {
        let a = self.get(to);
        let carry = self.test(Condition::Below);
        let result = self.compute3(Operation::AddCarry, bits, a, a, carry);
        let set = Flags::CF | Flags::OF;
        self.set_flags(set, Operation::AddCarry, bits, [a, a, carry], result);
        self.set(to, result);
    }

    fn rotate_right_by_one(&mut self, to: Destination, bits: u16) {
        let a = self.get(to);
        let carry = self.test(Condition::Below);
        let top = Operand::Constant(u64::from(bits) - 1);
        let high = self.compute(Operation::ShiftLeft, bits, carry, top);
        let low = self.compute(Operation::ShiftRight, bits, a, ONE);
        let result = self.compute(Operation::Or, bits, high, low);
        // OF is the exclusive or of the two topmost bits of the result.
        let next = self.compute(Operation::ShiftLeft, bits, result, ONE);
        let differs = self.compute(Operation::Xor, bits, result, next);
        let overflow = self.compute(Operation::ShiftRight, bits, differs, top);
        self.flag_from(Flags::OF, overflow);
        self.flag_from(Flags::CF, a);
        self.set(to, result);
    }

    /// BMI2's shifts: three operands, no flags.
    fn flagless(&mut self, operation: Operation) {
        let bits = self.width(0);
        let a = self.source(1);
        let count = self.count(2, bits);
        let result = self.compute(operation, bits, a, count);
        let to = self.destination(0);
        self.set(to, result);
    }
}
