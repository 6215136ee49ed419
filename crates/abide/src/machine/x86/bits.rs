//! Single bits, bit fields and bit counts.

use iced_x86::Mnemonic;

use super::emit::{Lift, ZERO};
use super::operands::{Destination, Memory};
use crate::machine::{Operand, Operation, Rest};
use crate::registers::Flags;

const ONE: Operand = Operand::Constant(1);

impl Lift<'_> {
    pub(super) fn bits(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Bt => self.bit_test(None),
            M::Bts => self.bit_test(Some(Change::Set)),
            M::Btr => self.bit_test(Some(Change::Reset)),
            M::Btc => self.bit_test(Some(Change::Complement)),
            M::Bsf => self.scan(Operation::LowestSet),
            M::Bsr => self.scan(Operation::HighestSet),
            M::Tzcnt => self.count_zeros(Operation::TrailingZeros),
            M::Lzcnt => self.count_zeros(Operation::LeadingZeros),
            M::Popcnt => self.count_ones(),
            M::Blsi => self.lowest(Self::isolate),
            M::Blsr => self.lowest(Self::reset),
            M::Blsmsk => self.lowest(Self::mask_up_to),
            M::Bzhi => self.zero_high_bits(),
            M::Bextr => return self.extract_field(),
            M::Pdep => self.three_operands(Operation::Deposit),
            M::Pext => self.three_operands(Operation::Extract),
            M::Crc32 => self.crc32(),
            _ => return false,
        }
        true
    }

    fn bit_test(&mut self, change: Option<Change>) {
        let bits = self.width(0);
        let last = Operand::Constant(u64::from(bits) - 1);
        let number = self.source(1);
        let at = match self.destination(0) {
            Destination::Memory(memory) if self.is_register(1) => {
                Destination::Memory(self.in_bit_string(memory, number))
            }
            at => at,
        };
        let value = self.get(at);
        let number = self.compute(Operation::And, bits, number, last);
        let bit = self.compute(Operation::ShiftRight, bits, value, number);
        if let Some(change) = change {
            let mask = self.compute(Operation::ShiftLeft, bits, ONE, number);
            let result = self.change_bit(change, bits, value, mask);
            self.set(at, result);
        }
        self.flag_from(Flags::CF, bit);
        self.undefine_flags(Flags::OF | Flags::SF | Flags::AF | Flags::PF);
    }

    fn change_bit(&mut self, change: Change, bits: u16, value: Operand, mask: Operand) -> Operand {
        match change {
            Change::Set => self.compute(Operation::Or, bits, value, mask),
            Change::Complement => self.compute(Operation::Xor, bits, value, mask),
            Change::Reset => {
                let others = self.compute(Operation::Not, bits, mask, ZERO);
                self.compute(Operation::And, bits, value, others)
            }
        }
    }

    /// With a number in a register, memory is a string of bits around the
    /// address: the number, signed, selects the element too.
    fn in_bit_string(&mut self, memory: Memory, number: Operand) -> Memory {
        let bits = memory.bits;
        let constant = |n: u32| Operand::Constant(u64::from(n));
        let number = self.sign_extend(number, bits, 64);
        let log = bits.trailing_zeros();
        let element = self.compute(Operation::ShiftArithmetic, 64, number, constant(log));
        let offset = self.compute(Operation::ShiftLeft, 64, element, constant(log - 3));
        let address = self.compute(Operation::Add, 64, memory.address, offset);
        Memory { address, ..memory }
    }

    /// `bsf` and `bsr` leave the whole target where the source is zero, be
    /// they of 32 bits (Intel SDM vol. 2, BSF, and AMD's manual).
    fn scan(&mut self, operation: Operation) {
        let bits = self.width(0);
        let source = self.source(1);
        let whole = super::parts::widened(self.part(0));
        let old = self.read(whole);
        // Where a bit is found, its number is the same in a wider source.
        let found = self.compute(operation, whole.bits, source, old);
        self.zero(bits, source);
        self.undefine_flags(Flags::CF | Flags::OF | Flags::SF | Flags::AF | Flags::PF);
        self.write(whole, found, Rest::Keep);
    }

    fn count_zeros(&mut self, operation: Operation) {
        let bits = self.width(0);
        let source = self.source(1);
        let result = self.compute(operation, bits, source, ZERO);
        let is_zero = self.compute(Operation::Equal, bits, source, ZERO);
        self.zero(bits, result);
        self.flag_from(Flags::CF, is_zero);
        self.undefine_flags(Flags::OF | Flags::SF | Flags::AF | Flags::PF);
        let to = self.destination(0);
        self.set(to, result);
    }

    fn count_ones(&mut self) {
        let bits = self.width(0);
        let source = self.source(1);
        let result = self.compute(Operation::CountOnes, bits, source, ZERO);
        self.zero(bits, source);
        self.write_flags(Flags::ARITHMETIC & !Flags::ZF, Flags::NONE);
        let to = self.destination(0);
        self.set(to, result);
    }

    /// `blsi`, `blsr` and `blsmsk`, which differ in what they do with the
    /// source and one less, and in when they carry.
    fn lowest(&mut self, combine: fn(&mut Self, u16, Operand) -> Operand) {
        let bits = self.width(0);
        let source = self.source(1);
        let result = combine(self, bits, source);
        let is_zero = self.compute(Operation::Equal, bits, source, ZERO);
        self.sign_and_zero(bits, result);
        let carry = match self.instruction.mnemonic() {
            Mnemonic::Blsi => self.compute(Operation::Xor, 8, is_zero, ONE),
            _ => is_zero,
        };
        self.flag_from(Flags::CF, carry);
        self.write_flags(Flags::OF, Flags::NONE);
        self.undefine_flags(Flags::AF | Flags::PF);
        let to = self.destination(0);
        self.set(to, result);
    }

    fn isolate(&mut self, bits: u16, source: Operand) -> Operand {
        let negative = self.compute(Operation::Negate, bits, source, ZERO);
        self.compute(Operation::And, bits, source, negative)
    }

    fn reset(&mut self, bits: u16, source: Operand) -> Operand {
        let less = self.compute(Operation::Subtract, bits, source, ONE);
        self.compute(Operation::And, bits, source, less)
    }

    fn mask_up_to(&mut self, bits: u16, source: Operand) -> Operand {
        let less = self.compute(Operation::Subtract, bits, source, ONE);
        self.compute(Operation::Xor, bits, source, less)
    }

    /// The low 8 bits of operand 2 count; from the width on nothing is cleared.
    fn zero_high_bits(&mut self) {
        let bits = self.width(0);
        let source = self.source(1);
        let index = self.source(2);
        let index = self.compute(Operation::And, 64, index, Operand::Constant(0xff));
        let mask = self.mask_below(bits, index);
        let result = self.compute(Operation::And, bits, source, mask);
        self.sign_and_zero(bits, result);
        let log = Operand::Constant(u64::from(bits.trailing_zeros()));
        let exceeds = self.compute(Operation::ShiftRight, 64, index, log);
        let within = self.compute(Operation::Equal, 64, exceeds, ZERO);
        let carry = self.compute(Operation::Xor, 8, within, ONE);
        self.flag_from(Flags::CF, carry);
        self.write_flags(Flags::OF, Flags::NONE);
        self.undefine_flags(Flags::AF | Flags::PF);
        let to = self.destination(0);
        self.set(to, result);
    }

    /// Ones in the lowest `count` bits; all ones from the width on.
    fn mask_below(&mut self, bits: u16, count: Operand) -> Operand {
        let above = self.compute(
            Operation::ShiftLeft,
            bits,
            Operand::Constant(u64::MAX),
            count,
        );
        self.compute(Operation::Not, bits, above, ZERO)
    }

    /// The start is in bits 0 … 7 of operand 2, the length in bits 8 … 15.
    fn extract_field(&mut self) -> bool {
        if !self.is_register(2) {
            // AMD's form with an immediate.
            return false;
        }
        let bits = self.width(0);
        let byte = Operand::Constant(0xff);
        let source = self.source(1);
        let control = self.source(2);
        let start = self.compute(Operation::And, 64, control, byte);
        let length = self.compute(Operation::ShiftRight, 64, control, Operand::Constant(8));
        let length = self.compute(Operation::And, 64, length, byte);
        let shifted = self.compute(Operation::ShiftRight, bits, source, start);
        let mask = self.mask_below(bits, length);
        let result = self.compute(Operation::And, bits, shifted, mask);
        self.zero(bits, result);
        self.write_flags(Flags::CF | Flags::OF, Flags::NONE);
        self.undefine_flags(Flags::AF | Flags::PF | Flags::SF);
        let to = self.destination(0);
        self.set(to, result);
        true
    }

    fn three_operands(&mut self, operation: Operation) {
        let bits = self.width(0);
        let a = self.source(1);
        let b = self.source(2);
        let result = self.compute(operation, bits, a, b);
        let to = self.destination(0);
        self.set(to, result);
    }

    /// The checksum is left open; a 64-bit target's upper half is zero.
    fn crc32(&mut self) {
        self.source(1);
        let register = self.part(0).register;
        self.read(crate::registers::Part::low(register, 32));
        let result = self.determined(32);
        self.write_general(register, 32, result);
    }
}

/// What becomes of the bit.
#[derive(Debug, Clone, Copy)]
enum Change {
    Set,
    Reset,
    Complement,
}
