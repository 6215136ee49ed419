//! Exchanges with a computation; a `lock` prefix changes nothing that one thread sees.

use iced_x86::Mnemonic;

use super::emit::{Lift, ZERO};
use super::operands::Destination;
use super::parts::widened;
use crate::machine::{Operand, Operation, Rest};
use crate::registers::{Flags, Part, Register};

impl Lift<'_> {
    pub(super) fn atomic(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Xadd => self.xadd(),
            M::Cmpxchg => self.compare_exchange(),
            M::Cmpxchg8b => self.compare_exchange_pair(32),
            M::Cmpxchg16b => self.compare_exchange_pair(64),
            _ => return false,
        }
        true
    }

    /// The target is written last: it wins where both operands are one register.
    fn xadd(&mut self) {
        let bits = self.width(0);
        let to = self.destination(0);
        let from = self.destination(1);
        let a = self.get(to);
        let b = self.get(from);
        let result = self.compute(Operation::Add, bits, a, b);
        let inputs = [a, b, ZERO];
        self.set_flags(Flags::ARITHMETIC, Operation::Add, bits, inputs, result);
        self.set(from, a);
        self.set(to, result);
    }

    /// Where the values are equal the accumulator is not written at all, so
    /// that its upper half stays; where they differ the target is.
    fn compare_exchange(&mut self) {
        let bits = self.width(0);
        let to = self.destination(0);
        let new = self.source(1);
        let old = self.get(to);
        let accumulator = self.read(Part::low(Register::RAX, bits));
        let equal = self.compute(Operation::Equal, bits, accumulator, old);
        let result = self.compute(Operation::Subtract, bits, accumulator, old);
        let inputs = [accumulator, old, ZERO];
        self.set_flags(Flags::ARITHMETIC, Operation::Subtract, bits, inputs, result);
        self.keep_or_take(Part::low(Register::RAX, bits), old, equal);
        match to {
            Destination::Register(part, _) => self.take_or_keep(part, new, equal),
            Destination::Memory(memory) => {
                let stored = self.compute3(Operation::Select, bits, new, old, equal);
                self.store_to(memory, stored);
            }
        }
    }

    /// Writes `value` to the part unless `equal`.
    fn keep_or_take(&mut self, part: Part, value: Operand, equal: Operand) {
        let whole = widened(part);
        let old = self.read(whole);
        let chosen = self.compute3(Operation::Select, whole.bits, old, value, equal);
        self.write(whole, chosen, Rest::Keep);
    }

    /// Writes `value` to the part if `equal`.
    fn take_or_keep(&mut self, part: Part, value: Operand, equal: Operand) {
        let whole = widened(part);
        let old = self.read(whole);
        let chosen = self.compute3(Operation::Select, whole.bits, value, old, equal);
        self.write(whole, chosen, Rest::Keep);
    }

    fn compare_exchange_pair(&mut self, bits: u16) {
        let memory = self.memory();
        let half = super::operands::Memory { bits, ..memory };
        let step = Operand::Constant(u64::from(bits / 8));
        let above = self.compute(Operation::Add, 64, memory.address, step);
        let upper = super::operands::Memory {
            address: above,
            align: 1,
            ..half
        };
        let low = self.load_from(half);
        let high = self.load_from(upper);
        let eax = self.read(Part::low(Register::RAX, bits));
        let edx = self.read(Part::low(Register::RDX, bits));
        let ebx = self.read(Part::low(Register::RBX, bits));
        let ecx = self.read(Part::low(Register::RCX, bits));
        let low_equal = self.compute(Operation::Equal, bits, eax, low);
        let high_equal = self.compute(Operation::Equal, bits, edx, high);
        let equal = self.compute(Operation::And, 8, low_equal, high_equal);
        self.flag_from(Flags::ZF, equal);
        let new_low = self.compute3(Operation::Select, bits, ebx, low, equal);
        let new_high = self.compute3(Operation::Select, bits, ecx, high, equal);
        self.store_to(half, new_low);
        self.store_to(upper, new_high);
        self.keep_or_take(Part::low(Register::RAX, bits), low, equal);
        self.keep_or_take(Part::low(Register::RDX, bits), high, equal);
    }
}
