//! Vector instructions that move data and compute nothing.

use iced_x86::{Mnemonic, Register as Name};

use super::emit::{Lift, ZERO};
use super::operands::Destination;
use crate::machine::{Operand, Rest};
use crate::registers::{Part, Register};

/// Whether bits above 128 are in use.
const UPPER: Part = Part::low(Register::UPPER_IN_USE, 64);

impl Lift<'_> {
    pub(super) fn vector_moves(&mut self) -> bool {
        let is_masked = self.instruction.op_mask() != Name::None || self.instruction.is_broadcast();
        let is_known = !is_masked && self.vector_move();
        if is_known {
            self.note_mmx();
        }
        is_known
    }

    fn vector_move(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Movaps | M::Movapd | M::Movdqa | M::Movups | M::Movupd | M::Movdqu => self.copy(),
            M::Lddqu | M::Movntps | M::Movntpd | M::Movntdq | M::Movntdqa | M::Movntq => {
                self.copy();
            }
            M::Vmovaps | M::Vmovapd | M::Vmovdqa | M::Vmovups | M::Vmovupd | M::Vmovdqu => {
                self.copy();
            }
            M::Vmovdqa32 | M::Vmovdqa64 | M::Vmovdqu8 | M::Vmovdqu16 => self.copy(),
            M::Vmovdqu32 | M::Vmovdqu64 | M::Vlddqu => self.copy(),
            M::Vmovntps | M::Vmovntpd | M::Vmovntdq | M::Vmovntdqa => self.copy(),
            M::Movd | M::Vmovd => self.move_low(32),
            M::Movq | M::Vmovq => self.move_low(64),
            M::Movq2dq => self.move_low(64),
            M::Movdq2q => self.move_low(64),
            M::Movss | M::Vmovss => self.move_scalar(32),
            M::Movsd | M::Vmovsd => self.move_scalar(64),
            M::Movlps | M::Movlpd | M::Vmovlps | M::Vmovlpd => self.move_half(0, 0),
            M::Movhps | M::Movhpd | M::Vmovhps | M::Vmovhpd => self.move_half(64, 0),
            M::Movlhps | M::Vmovlhps => self.move_half(64, 0),
            M::Movhlps | M::Vmovhlps => self.move_half(0, 64),
            M::Punpcklqdq => self.move_half(64, 0),
            M::Pinsrb | M::Vpinsrb => self.insert(8),
            M::Pinsrw | M::Vpinsrw => self.insert(16),
            M::Pinsrd | M::Vpinsrd => self.insert(32),
            M::Pinsrq | M::Vpinsrq => self.insert(64),
            M::Pextrb | M::Vpextrb => self.extract(8),
            M::Pextrw | M::Vpextrw => self.extract(16),
            M::Pextrd | M::Vpextrd => self.extract(32),
            M::Pextrq | M::Vpextrq => self.extract(64),
            M::Vinserti128 | M::Vinsertf128 => self.insert(128),
            M::Vinserti32x4 | M::Vinserti64x2 | M::Vinsertf32x4 | M::Vinsertf64x2 => {
                self.insert(128);
            }
            M::Vinserti32x8 | M::Vinserti64x4 | M::Vinsertf32x8 | M::Vinsertf64x4 => {
                self.insert(256);
            }
            M::Vextracti128 | M::Vextractf128 => self.extract(128),
            M::Vextracti32x4 | M::Vextracti64x2 | M::Vextractf32x4 | M::Vextractf64x2 => {
                self.extract(128);
            }
            M::Vextracti32x8 | M::Vextracti64x4 | M::Vextractf32x8 | M::Vextractf64x4 => {
                self.extract(256);
            }
            M::Vzeroupper => self.zero_vectors(128),
            M::Vzeroall => self.zero_vectors(0),
            _ => return false,
        }
        true
    }

    /// The lowest `bits` of operand 1; a vector target becomes zero above
    /// them, up to 128 bits or as the encoding says.
    fn move_low(&mut self, bits: u16) {
        let value = if self.is_register(1) {
            let part = Part {
                bits,
                ..self.part(1)
            };
            self.read(part)
        } else {
            self.source(1)
        };
        match self.destination(0) {
            Destination::Register(part, rest) if part.register.is_general() => {
                let part = Part { bits, ..part };
                let rest = if bits == 32 { Rest::Zero } else { rest };
                self.write(part, value, rest);
            }
            to => self.set(to, value),
        }
    }

    /// A scalar: a load clears the rest of 128 bits, a move among registers
    /// merges it, with the second operand where there are three.
    fn move_scalar(&mut self, bits: u16) {
        if self.instruction.op_count() == 3 {
            let value = self.read_low(2, bits);
            self.merge(1);
            self.write_at(0, bits, value);
        } else if self.is_memory(1) {
            self.copy();
        } else {
            let value = self.read_low(1, bits);
            self.set_at(0, bits, value);
        }
    }

    /// 64 bits from bit `from` of a register (or from memory) to bit `to`.
    fn move_half(&mut self, to: u16, from: u16) {
        let last = self.instruction.op_count() - 1;
        if self.is_memory(0) {
            let value = self.read_at(1, to, 64);
            let memory = self.destination(0);
            self.set(memory, value);
            return;
        }
        let value = if self.is_register(last) {
            self.read_at(last, from, 64)
        } else {
            self.source(last)
        };
        if last == 2 {
            self.merge(1);
        }
        self.write_at(to, 64, value);
    }

    /// Copies operand `other` to the target, which a later write completes.
    fn merge(&mut self, other: u32) {
        if self.are_same(0, other) {
            return self.clear_above();
        }
        let value = self.source(other);
        let to = self.destination(0);
        self.set(to, value);
    }

    /// Clears what of the target's register lies above the target.
    fn clear_above(&mut self) {
        let Part { register, bits, .. } = self.part(0);
        if bits < 512 {
            let above = Part {
                register,
                low: bits,
                bits: 512 - bits,
            };
            self.write(above, ZERO, Rest::Keep);
        }
    }

    /// An element from the last operand but one to the place that the last names.
    fn insert(&mut self, bits: u16) {
        let last = self.instruction.op_count() - 1;
        let at = self.element(last, self.width(0), bits);
        let value = if self.is_register(last - 1) {
            self.read_low(last - 1, bits)
        } else {
            self.source(last - 1)
        };
        if last == 3 {
            self.merge(1);
        }
        self.write_at(at, bits, value);
    }

    /// The element of operand 1 that operand 2 names; a general register is
    /// zero above it.
    fn extract(&mut self, bits: u16) {
        let at = self.element(2, self.width(1), bits);
        let value = self.read_at(1, at, bits);
        match self.destination(0) {
            Destination::Register(part, _) if part.register.is_general() => {
                self.write_general(part.register, bits.max(32), value);
            }
            to => self.set(to, value),
        }
    }

    /// The lowest bit of the element that an immediate names.
    fn element(&self, operand: u32, width: u16, bits: u16) -> u16 {
        let count = u64::from(width / bits).max(1);
        let index = self.plain_immediate(operand).unwrap_or_default() % count;
        index as u16 * bits
    }

    fn read_low(&mut self, operand: u32, bits: u16) -> Operand {
        self.read_at(operand, 0, bits)
    }

    fn read_at(&mut self, operand: u32, low: u16, bits: u16) -> Operand {
        let register = self.part(operand).register;
        self.read(Part {
            register,
            low,
            bits,
        })
    }

    /// Writes a part of operand 0 and keeps all the rest.
    fn write_at(&mut self, low: u16, bits: u16, value: Operand) {
        let register = self.part(0).register;
        let part = Part {
            register,
            low,
            bits,
        };
        self.write(part, value, Rest::Keep);
    }

    /// As [`Self::write_at`], to memory where operand 0 is in memory.
    fn set_at(&mut self, low: u16, bits: u16, value: Operand) {
        if self.is_register(0) {
            self.write_at(low, bits, value);
        } else {
            let to = self.destination(0);
            self.set(to, value);
        }
    }

    /// `vzeroupper` and `vzeroall` know sixteen registers, eight outside of 64-bit mode, and not
    /// AVX-512's others.
    fn zero_vectors(&mut self, low: u16) {
        for number in 0..self.vector_count() {
            let part = Part {
                register: Register::vector(number),
                low,
                bits: 512 - low,
            };
            self.write(part, ZERO, Rest::Keep);
        }
        self.write(UPPER, ZERO, Rest::Keep);
    }

    /// Whoever writes more than 128 bits of `ymm0` … `ymm15` takes the upper halves into use,
    /// whatever they hold (Intel SDM vol. 1, 13.6). `ymm16` … `ymm31` make no difference.
    pub(super) fn note_upper(&mut self) {
        use Mnemonic as M;
        let i = self.instruction;
        let only_reads = matches!(i.mnemonic(), M::Vptest | M::Vtestps | M::Vtestpd);
        if i.op_count() == 0 || !self.is_register(0) || only_reads {
            return;
        }
        let name = self.name(0);
        if (name.is_ymm() || name.is_zmm()) && name.number() < 16 {
            self.write(UPPER, Operand::Constant(1), Rest::Keep);
        }
    }
}
