//! AVX-512's mask registers: moves and logic.

use iced_x86::{Mnemonic, OpKind};

use super::emit::{Lift, ZERO};
use super::operands::Destination;
use crate::machine::{Condition, Operand, Operation, Rest};
use crate::registers::{Flags, Part};

impl Lift<'_> {
    pub(super) fn masks(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Kmovb => self.move_mask(8),
            M::Kmovw => self.move_mask(16),
            M::Kmovd => self.move_mask(32),
            M::Kmovq => self.move_mask(64),
            M::Knotb => self.mask_not(8),
            M::Knotw => self.mask_not(16),
            M::Knotd => self.mask_not(32),
            M::Knotq => self.mask_not(64),
            M::Kunpckbw => self.unpack_masks(8),
            M::Kunpckwd => self.unpack_masks(16),
            M::Kunpckdq => self.unpack_masks(32),
            M::Kortestb => self.test_masks(8, Operation::Or),
            M::Kortestw => self.test_masks(16, Operation::Or),
            M::Kortestd => self.test_masks(32, Operation::Or),
            M::Kortestq => self.test_masks(64, Operation::Or),
            M::Ktestb => self.test_masks(8, Operation::And),
            M::Ktestw => self.test_masks(16, Operation::And),
            M::Ktestd => self.test_masks(32, Operation::And),
            M::Ktestq => self.test_masks(64, Operation::And),
            _ => return self.mask_logic(),
        }
        true
    }

    /// What takes two masks, or a mask and a count.
    fn mask_logic(&mut self) -> bool {
        use Mnemonic as M;
        use Operation as O;
        let (bits, operation, is_first_turned, is_result_turned) = match self.instruction.mnemonic()
        {
            M::Kandb => (8, O::And, false, false),
            M::Kandw => (16, O::And, false, false),
            M::Kandd => (32, O::And, false, false),
            M::Kandq => (64, O::And, false, false),
            M::Kandnb => (8, O::And, true, false),
            M::Kandnw => (16, O::And, true, false),
            M::Kandnd => (32, O::And, true, false),
            M::Kandnq => (64, O::And, true, false),
            M::Korb => (8, O::Or, false, false),
            M::Korw => (16, O::Or, false, false),
            M::Kord => (32, O::Or, false, false),
            M::Korq => (64, O::Or, false, false),
            M::Kxorb => (8, O::Xor, false, false),
            M::Kxorw => (16, O::Xor, false, false),
            M::Kxord => (32, O::Xor, false, false),
            M::Kxorq => (64, O::Xor, false, false),
            M::Kxnorb => (8, O::Xor, false, true),
            M::Kxnorw => (16, O::Xor, false, true),
            M::Kxnord => (32, O::Xor, false, true),
            M::Kxnorq => (64, O::Xor, false, true),
            M::Kaddb => (8, O::Add, false, false),
            M::Kaddw => (16, O::Add, false, false),
            M::Kaddd => (32, O::Add, false, false),
            M::Kaddq => (64, O::Add, false, false),
            M::Kshiftlb => (8, O::ShiftLeft, false, false),
            M::Kshiftlw => (16, O::ShiftLeft, false, false),
            M::Kshiftld => (32, O::ShiftLeft, false, false),
            M::Kshiftlq => (64, O::ShiftLeft, false, false),
            M::Kshiftrb => (8, O::ShiftRight, false, false),
            M::Kshiftrw => (16, O::ShiftRight, false, false),
            M::Kshiftrd => (32, O::ShiftRight, false, false),
            M::Kshiftrq => (64, O::ShiftRight, false, false),
            _ => return false,
        };
        let mut a = self.mask(1, bits);
        if is_first_turned {
            a = self.compute(O::Not, bits, a, ZERO);
        }
        let b = match self.is_register(2) {
            true => self.mask(2, bits),
            false => self.immediate(2),
        };
        let mut result = self.compute(operation, bits, a, b);
        if is_result_turned {
            result = self.compute(O::Not, bits, result, ZERO);
        }
        self.set_mask(bits, result);
        true
    }

    fn move_mask(&mut self, bits: u16) {
        let value = self.mask_source(bits);
        match self.destination(0) {
            Destination::Register(part, _) if part.register.is_general() => {
                self.write_general(part.register, bits.max(32), value);
            }
            Destination::Register(..) => self.set_mask(bits, value),
            memory @ Destination::Memory(_) => self.set(memory, value),
        }
    }

    fn mask_not(&mut self, bits: u16) {
        let a = self.mask(1, bits);
        let result = self.compute(Operation::Not, bits, a, ZERO);
        self.set_mask(bits, result);
    }

    /// The third operand's `bits`, and above them the second's.
    fn unpack_masks(&mut self, bits: u16) {
        let (high, low) = (self.mask(1, bits), self.mask(2, bits));
        let count = Operand::Constant(bits.into());
        let high = self.compute(Operation::ShiftLeft, 2 * bits, high, count);
        let result = self.compute(Operation::Or, 2 * bits, high, low);
        self.set_mask(2 * bits, result);
    }

    /// ZF where no bit is set of what the operation gives. CF where all are, of `kortest`; of `ktest`
    /// where the second has none of its own.
    fn test_masks(&mut self, bits: u16, operation: Operation) {
        let (a, b) = (self.mask(0, bits), self.mask(1, bits));
        let result = self.compute(operation, bits, a, b);
        let of_carry = match operation {
            Operation::Or => self.compute(Operation::Not, bits, result, ZERO),
            _ => {
                let turned = self.compute(Operation::Not, bits, a, ZERO);
                self.compute(Operation::And, bits, turned, b)
            }
        };
        self.zero(bits, of_carry);
        let is_zero = self.test(Condition::Equal);
        self.flag_from(Flags::CF, is_zero);
        self.zero(bits, result);
        self.write_flags(Flags::OF | Flags::SF | Flags::AF | Flags::PF, Flags::NONE);
    }

    /// The low `bits` of an operand that is a mask.
    fn mask(&mut self, operand: u32, bits: u16) -> Operand {
        let register = self.part(operand).register;
        self.read(Part::low(register, bits))
    }

    /// Writes the first operand, which is zero above.
    fn set_mask(&mut self, bits: u16, value: Operand) {
        let register = self.part(0).register;
        self.write(Part::low(register, bits), value, Rest::Zero);
    }

    fn mask_source(&mut self, bits: u16) -> Operand {
        match self.instruction.op_kind(1) {
            OpKind::Register => self.mask(1, bits),
            _ => self.source(1),
        }
    }
}
