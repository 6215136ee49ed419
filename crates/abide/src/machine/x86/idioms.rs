//! Forms whose result does not depend on what they name: `xor eax, eax` reads nothing.
//!
//! A caller's leftovers in such a register are no input, and the analysis
//! would otherwise have to find out that `a ^ a` is zero.

use iced_x86::{Mnemonic, OpKind, Register as Name};

use super::emit::{Lift, ZERO};
use crate::machine::{Condition, Operand, Operation};
use crate::registers::Flags;

impl Lift<'_> {
    pub(super) fn idioms(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Xor if self.are_same(0, 1) => self.clear(Flags::NONE),
            M::Sub if self.are_same(0, 1) => self.clear(Flags::AF),
            M::Sbb if self.are_same(0, 1) => self.spread_carry(),
            M::Cmp if self.are_same(0, 1) => self.equal_flags(Flags::AF),
            M::And if self.plain_immediate(1) == Some(0) => self.clear(Flags::NONE),
            M::Or if self.is_all_ones(1) => self.fill(),
            _ => return self.vector_idioms(),
        }
        true
    }

    /// `a = 0`. AF is known after a subtraction only.
    fn clear(&mut self, known: Flags) {
        let to = self.destination(0);
        if let super::operands::Destination::Memory(memory) = to {
            // The old value does not count, but the access does.
            self.load_from(memory);
        }
        self.equal_flags(known);
        self.set(to, ZERO);
    }

    fn equal_flags(&mut self, known: Flags) {
        let set = Flags::CF | Flags::OF | Flags::SF | Flags::ZF | Flags::PF | known;
        self.write_flags(set, Flags::ZF | Flags::PF);
        self.undefine_flags(Flags::AF & !known);
    }

    fn is_all_ones(&self, operand: u32) -> bool {
        let bits = self.width(0);
        let mask = u64::MAX >> (64 - bits.clamp(1, 64));
        self.plain_immediate(operand)
            .is_some_and(|value| value & mask == mask)
    }

    fn fill(&mut self) {
        let to = self.destination(0);
        if let super::operands::Destination::Memory(memory) = to {
            self.load_from(memory);
        }
        let set = Flags::CF | Flags::OF | Flags::SF | Flags::ZF | Flags::PF;
        self.write_flags(set, Flags::SF | Flags::PF);
        self.undefine_flags(Flags::AF);
        self.set(to, Operand::Constant(u64::MAX));
    }

    /// `sbb a, a` is `-CF`.
    fn spread_carry(&mut self) {
        let bits = self.width(0);
        let carry = self.test(Condition::Below);
        let result = self.compute(Operation::Negate, bits, carry, ZERO);
        let inputs = [ZERO, ZERO, carry];
        let operation = Operation::SubtractBorrow;
        self.set_flags(Flags::ARITHMETIC, operation, bits, inputs, result);
        let to = self.destination(0);
        self.set(to, result);
    }

    fn vector_idioms(&mut self) -> bool {
        let Some(value) = self.vector_constant() else {
            return false;
        };
        let part = self.part(0);
        if !(part.register.is_vector() || self.name(0).is_mm()) {
            return false;
        }
        let value = match value {
            Constant::Zeros => ZERO,
            // It reads nothing, so that what is left open is a constant.
            Constant::Ones => self.determined(part.bits),
        };
        let rest = self.rest(part);
        self.write(part, value, rest);
        self.note_mmx();
        true
    }

    /// What a vector instruction gives whose inputs do not matter.
    fn vector_constant(&self) -> Option<Constant> {
        use Mnemonic as M;
        let i = self.instruction;
        if i.op_kind(0) != OpKind::Register || i.op_mask() != Name::None {
            return None;
        }
        let last = match i.mnemonic() {
            M::Vpternlogd | M::Vpternlogq => return self.ternary_constant(),
            _ => i.op_count().checked_sub(1)?,
        };
        if last == 0 || !self.are_same(last - 1, last) {
            return None;
        }
        match i.mnemonic() {
            M::Pxor | M::Xorps | M::Xorpd | M::Pandn | M::Andnps | M::Andnpd => {
                Some(Constant::Zeros)
            }
            M::Vpxor | M::Vpxord | M::Vpxorq | M::Vxorps | M::Vxorpd => Some(Constant::Zeros),
            M::Vpandn | M::Vpandnd | M::Vpandnq | M::Vandnps | M::Vandnpd => Some(Constant::Zeros),
            M::Psubb | M::Psubw | M::Psubd | M::Psubq => Some(Constant::Zeros),
            M::Psubsb | M::Psubsw | M::Psubusb | M::Psubusw => Some(Constant::Zeros),
            M::Vpsubb | M::Vpsubw | M::Vpsubd | M::Vpsubq => Some(Constant::Zeros),
            M::Vpsubsb | M::Vpsubsw | M::Vpsubusb | M::Vpsubusw => Some(Constant::Zeros),
            M::Pcmpgtb | M::Pcmpgtw | M::Pcmpgtd | M::Pcmpgtq => Some(Constant::Zeros),
            M::Vpcmpgtb | M::Vpcmpgtw | M::Vpcmpgtd | M::Vpcmpgtq => Some(Constant::Zeros),
            M::Pcmpeqb | M::Pcmpeqw | M::Pcmpeqd | M::Pcmpeqq => Some(Constant::Ones),
            M::Vpcmpeqb | M::Vpcmpeqw | M::Vpcmpeqd | M::Vpcmpeqq => Some(Constant::Ones),
            _ => None,
        }
    }

    fn ternary_constant(&self) -> Option<Constant> {
        if !self.is_register(2) {
            return None;
        }
        match self.plain_immediate(3)? & 0xff {
            0x00 => Some(Constant::Zeros),
            0xff => Some(Constant::Ones),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Constant {
    Zeros,
    Ones,
}
