//! The explicit operands of an instruction.

use iced_x86::{EncodingKind, Mnemonic, OpKind, Register as Name};

use super::emit::{Lift, ZERO};
use super::parts::{general_rest, part, segment};
use crate::machine::{Operand, Operation, Rest};
use crate::registers::{Part, Register};

/// Where a result goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Destination {
    Register(Part, Rest),
    Memory(Memory),
}

/// A memory operand, its address computed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pub(super) address: Operand,
    pub(super) bits: u16,
    pub(super) align: u8,
    pub(super) segment: Option<Register>,
}

impl Lift<'_> {
    pub(super) fn name(&self, operand: u32) -> Name {
        self.instruction.op_register(operand)
    }

    pub(super) fn is_register(&self, operand: u32) -> bool {
        self.instruction.op_kind(operand) == OpKind::Register
    }

    pub(super) fn is_memory(&self, operand: u32) -> bool {
        self.instruction.op_kind(operand) == OpKind::Memory
    }

    /// Whether two operands are the same register in the same width.
    pub(super) fn are_same(&self, first: u32, second: u32) -> bool {
        self.is_register(first) && self.is_register(second) && self.name(first) == self.name(second)
    }

    /// The register of an operand; the low part of `rax` never stands for
    /// another, for the families that ask have only registers that have parts.
    pub(super) fn part(&self, operand: u32) -> Part {
        part(self.name(operand)).unwrap_or(Part::low(Register::RAX, 64))
    }

    /// The width of a register or memory operand, in bits.
    pub(super) fn width(&self, operand: u32) -> u16 {
        if self.is_register(operand) {
            8 * self.name(operand).size() as u16
        } else {
            self.memory_width()
        }
    }

    pub(super) fn memory_width(&self) -> u16 {
        (8 * self.instruction.memory_size().size()).min(usize::from(u16::MAX)) as u16
    }

    /// The value of an operand, zero-extended; an immediate as its form extends it.
    pub(super) fn source(&mut self, operand: u32) -> Operand {
        match self.instruction.op_kind(operand) {
            OpKind::Register => {
                let part = self.part(operand);
                self.read(part)
            }
            OpKind::Memory => {
                let memory = self.memory();
                self.load_from(memory)
            }
            _ => self.immediate(operand),
        }
    }

    /// An immediate operand.
    pub(super) fn immediate(&mut self, operand: u32) -> Operand {
        let plain = self.instruction.try_immediate(operand).unwrap_or_default();
        self.field_value(self.fields.immediate, plain)
    }

    /// The constant of an immediate that the linker does not touch.
    pub(super) fn plain_immediate(&self, operand: u32) -> Option<u64> {
        match self.fields.immediate {
            super::fields::Field::Plain => self.instruction.try_immediate(operand).ok(),
            _ => None,
        }
    }

    /// Where an operand's result goes; a memory address is computed now.
    pub(super) fn destination(&mut self, operand: u32) -> Destination {
        if self.is_register(operand) {
            let part = self.part(operand);
            Destination::Register(part, self.rest(part))
        } else {
            Destination::Memory(self.memory())
        }
    }

    /// What a write of this part does above it.
    pub(super) fn rest(&self, part: Part) -> Rest {
        if part.register.is_vector() {
            self.vector_rest()
        } else {
            general_rest(part)
        }
    }

    /// VEX and its successors clear a vector register above what they write;
    /// legacy forms keep it (Intel SDM vol. 1, 14.1.3).
    pub(super) fn vector_rest(&self) -> Rest {
        match self.instruction.encoding() {
            EncodingKind::Legacy | EncodingKind::D3NOW => Rest::Keep,
            _ => Rest::Zero,
        }
    }

    pub(super) fn get(&mut self, from: Destination) -> Operand {
        match from {
            Destination::Register(part, _) => self.read(part),
            Destination::Memory(memory) => self.load_from(memory),
        }
    }

    pub(super) fn set(&mut self, to: Destination, value: Operand) {
        match to {
            Destination::Register(part, rest) => self.write(part, value, rest),
            Destination::Memory(memory) => self.store_to(memory, value),
        }
    }

    pub(super) fn load_from(&mut self, memory: Memory) -> Operand {
        self.load(memory.address, memory.bits, memory.align, memory.segment)
    }

    pub(super) fn store_to(&mut self, memory: Memory, value: Operand) {
        self.store(
            memory.address,
            value,
            memory.bits,
            memory.align,
            memory.segment,
        );
    }

    /// The instruction's explicit memory operand.
    pub(super) fn memory(&mut self) -> Memory {
        let address = self.address();
        let bits = self.memory_width();
        Memory {
            address,
            bits,
            align: self.alignment(bits),
            segment: segment(self.instruction.memory_segment()),
        }
    }

    /// The address of the explicit memory operand, its segment's base apart.
    pub(super) fn address(&mut self) -> Operand {
        let base = self.instruction.memory_base();
        let index = self.instruction.memory_index();
        if base == Name::RIP {
            return self.relative_address();
        }
        if base == Name::EIP {
            return self.determined(64);
        }
        let bits = self.address_width();
        let plain = self.instruction.memory_displacement64();
        let displacement = match base {
            Name::None => self.absolute_value(self.fields.displacement, plain),
            _ => self.field_value(self.fields.displacement, plain),
        };
        let mut sum = None;
        if let Some(part) = part(base) {
            sum = Some(self.read(part));
        }
        if index != Name::None {
            let index = self.index(bits);
            sum = Some(self.sum(sum, index, bits));
        }
        match (sum, displacement) {
            (Some(sum), ZERO) => sum,
            _ => self.sum(sum, displacement, bits),
        }
    }

    fn sum(&mut self, sum: Option<Operand>, term: Operand, bits: u16) -> Operand {
        match sum {
            Some(sum) => self.compute(Operation::Add, bits, sum, term),
            None => term,
        }
    }

    /// The scaled index; open where it is a vector of indices.
    fn index(&mut self, bits: u16) -> Operand {
        let Some(part) = part(self.instruction.memory_index()) else {
            return self.determined(64);
        };
        let index = self.read(part);
        if part.register.is_vector() {
            return self.determined(64);
        }
        match self.instruction.memory_index_scale() {
            0 | 1 => index,
            scale => {
                let count = Operand::Constant(u64::from(scale.trailing_zeros()));
                self.compute(Operation::ShiftLeft, bits, index, count)
            }
        }
    }

    fn address_width(&self) -> u16 {
        let i = self.instruction;
        let named = match (i.memory_base(), i.memory_index()) {
            (Name::None, Name::None) => return 8 * i.memory_displ_size() as u16,
            (Name::None, index) => index,
            (base, _) => base,
        };
        match named {
            _ if named.is_gpr16() => 16,
            _ if named.is_gpr32() => 32,
            _ => self.word,
        }
    }

    /// The alignment, in bytes, that the memory operand must have (Intel SDM
    /// vol. 1, 4.1.1, 14.9 and the exception classes of vol. 2, 2.4).
    pub(super) fn alignment(&self, bits: u16) -> u8 {
        use Mnemonic as M;
        let whole = (bits / 8).min(64) as u8;
        match self.instruction.mnemonic() {
            M::Movups | M::Movupd | M::Movdqu | M::Lddqu | M::Maskmovdqu => 1,
            M::Pcmpestri | M::Pcmpestrm | M::Pcmpistri | M::Pcmpistrm => 1,
            M::Vmovaps | M::Vmovapd | M::Vmovdqa | M::Vmovdqa32 | M::Vmovdqa64 => whole,
            M::Vmovntps | M::Vmovntpd | M::Vmovntdq | M::Vmovntdqa => whole,
            M::Cmpxchg16b => 16,
            // Their target is a register of MMX, yet what they read is SSE2's.
            M::Cvtpd2pi | M::Cvttpd2pi => whole,
            M::Fxsave | M::Fxsave64 | M::Fxrstor | M::Fxrstor64 => 16,
            M::Xsave | M::Xsave64 | M::Xsaveopt | M::Xsaveopt64 => 64,
            M::Xsavec | M::Xsavec64 | M::Xsaves | M::Xsaves64 => 64,
            M::Xrstor | M::Xrstor64 | M::Xrstors | M::Xrstors64 => 64,
            _ if bits == 128 && self.is_legacy_vector() => 16,
            _ => 1,
        }
    }

    fn is_legacy_vector(&self) -> bool {
        self.instruction.encoding() == EncodingKind::Legacy
            && (0..self.instruction.op_count())
                .any(|operand| self.is_register(operand) && self.name(operand).is_xmm())
    }
}
