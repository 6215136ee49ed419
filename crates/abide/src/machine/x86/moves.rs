//! Copies between general registers and memory, extended or chosen by a condition.

use iced_x86::{ConditionCode, Mnemonic, OpKind};

use super::emit::{Lift, ZERO};
use super::fields::Field;
use super::operands::Destination;
use super::parts::part;
use crate::inputs::RelocationKind;
use crate::machine::{Condition, Operation, Rest};
use crate::registers::{Part, Register};

impl Lift<'_> {
    pub(super) fn moves(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Mov => return self.mov(),
            M::Movzx | M::Movnti => self.copy(),
            M::Movsx | M::Movsxd => self.copy_signed(),
            M::Lea => self.lea(),
            M::Movbe => self.movbe(),
            M::Bswap => self.bswap(),
            M::Xchg => self.xchg(),
            M::Cbw => self.extend(Register::RAX, 8, 16),
            M::Cwde => self.extend(Register::RAX, 16, 32),
            M::Cdqe => self.extend(Register::RAX, 32, 64),
            M::Cwd => self.spread_sign(16),
            M::Cdq => self.spread_sign(32),
            M::Cqo => self.spread_sign(64),
            M::Xlatb => return self.xlat(),
            _ => return self.by_condition(),
        }
        true
    }

    fn mov(&mut self) -> bool {
        let is_known = |operand| !self.is_register(operand) || part(self.name(operand)).is_some();
        if !is_known(0) || !is_known(1) {
            return false;
        }
        if self.is_address_of_32_bits() {
            let value = self.immediate(1);
            let register = self.part(0).register;
            self.write(Part::low(register, 64), value, Rest::Keep);
        } else {
            self.copy();
        }
        true
    }

    /// `mov edi, symbol`: the linker sees to it that the address fits, so that
    /// the whole register holds it.
    fn is_address_of_32_bits(&self) -> bool {
        let is_absolute = matches!(
            self.fields.immediate,
            Field::Relocated(relocation) if relocation.kind == RelocationKind::Absolute
        );
        is_absolute && self.instruction.op_kind(1) == OpKind::Immediate32 && self.name(0).is_gpr32()
    }

    /// Operand 1 to operand 0, zero-extended where operand 0 is the wider.
    pub(super) fn copy(&mut self) {
        let value = self.source(1);
        let to = self.destination(0);
        self.set(to, value);
    }

    fn copy_signed(&mut self) {
        let value = self.source(1);
        let value = self.sign_extend(value, self.width(1), self.width(0));
        let to = self.destination(0);
        self.set(to, value);
    }

    fn lea(&mut self) {
        let address = self.address();
        let to = self.destination(0);
        self.set(to, address);
    }

    fn movbe(&mut self) {
        let bits = self.width(0);
        let value = self.source(1);
        let value = self.compute(Operation::ByteSwap, bits, value, ZERO);
        let to = self.destination(0);
        self.set(to, value);
    }

    /// Of 16 bits it is undefined (Intel SDM vol. 2, BSWAP).
    fn bswap(&mut self) {
        let to = self.destination(0);
        let bits = self.width(0);
        let value = self.get(to);
        let value = match bits {
            16 => self.open(16, false),
            _ => self.compute(Operation::ByteSwap, bits, value, ZERO),
        };
        self.set(to, value);
    }

    fn xchg(&mut self) {
        let first = self.destination(0);
        let second = self.destination(1);
        let a = self.get(first);
        let b = self.get(second);
        self.set(first, b);
        self.set(second, a);
    }

    fn extend(&mut self, register: Register, from: u16, to: u16) {
        let value = self.read(Part::low(register, from));
        let value = self.sign_extend(value, from, to);
        self.write_general(register, to, value);
    }

    /// `rdx` becomes copies of the sign of `rax`.
    fn spread_sign(&mut self, bits: u16) {
        let value = self.read(Part::low(Register::RAX, bits));
        let last = crate::machine::Operand::Constant(u64::from(bits) - 1);
        let sign = self.compute(Operation::ShiftArithmetic, bits, value, last);
        self.write_general(Register::RDX, bits, sign);
    }

    fn xlat(&mut self) -> bool {
        if self.instruction.op_kind(0) != OpKind::Memory {
            return false;
        }
        let memory = self.memory();
        let value = self.load_from(memory);
        self.write(Part::low(Register::RAX, 8), value, Rest::Keep);
        true
    }

    /// `cmovcc` reads its source and writes its target whatever the condition;
    /// one of 32 bits clears the upper half even where it does not hold.
    fn by_condition(&mut self) -> bool {
        let Some(condition) = condition(self.instruction.condition_code()) else {
            return false;
        };
        if self.instruction.op_count() == 1 {
            let value = self.test(condition);
            let to = self.destination(0);
            self.set(to, value);
            return true;
        }
        let Destination::Register(part, rest) = self.destination(0) else {
            return false;
        };
        let new = self.source(1);
        let old = self.read(part);
        let holds = self.test(condition);
        let value = self.compute3(Operation::Select, part.bits, new, old, holds);
        self.write(part, value, rest);
        true
    }

    /// Writes the low `bits` of a general register.
    pub(super) fn write_general(
        &mut self,
        register: Register,
        bits: u16,
        value: crate::machine::Operand,
    ) {
        let part = Part::low(register, bits);
        self.write(part, value, super::parts::general_rest(part));
    }
}

/// The condition that the decoder names.
pub(super) fn condition(code: ConditionCode) -> Option<Condition> {
    Some(match code {
        ConditionCode::o => Condition::Overflow,
        ConditionCode::no => Condition::NoOverflow,
        ConditionCode::b => Condition::Below,
        ConditionCode::ae => Condition::AboveOrEqual,
        ConditionCode::e => Condition::Equal,
        ConditionCode::ne => Condition::NotEqual,
        ConditionCode::be => Condition::BelowOrEqual,
        ConditionCode::a => Condition::Above,
        ConditionCode::s => Condition::Sign,
        ConditionCode::ns => Condition::NoSign,
        ConditionCode::p => Condition::Parity,
        ConditionCode::np => Condition::NoParity,
        ConditionCode::l => Condition::Less,
        ConditionCode::ge => Condition::GreaterOrEqual,
        ConditionCode::le => Condition::LessOrEqual,
        ConditionCode::g => Condition::Greater,
        ConditionCode::None => return None,
        // Instruction sets may grow; a new code is no condition that we know.
        #[allow(unreachable_patterns)]
        _ => return None,
    })
}
