//! Results: which register each part comes in.

use super::{Held, Piece, fits_one_register};
use crate::conventions::Convention;
use crate::registers::InstructionSet;
use crate::signatures::Type;

/// Results, given registers one after another.
pub(super) struct Returning {
    pub(super) convention: &'static Convention,
    pub(super) pieces: Vec<Piece>,
    pub(super) general: usize,
    pub(super) vectors: usize,
}

impl Returning {
    pub(super) const fn by(convention: &'static Convention) -> Self {
        Self {
            convention,
            pieces: Vec::new(),
            general: 0,
            vectors: 0,
        }
    }

    pub(super) fn give(&mut self, ty: &Type) -> Option<()> {
        if self.convention.by_position && !fits_one_register(ty) {
            // `__m128` comes back in `xmm0`.
            if let Type::Vector(bytes @ ..=16) = ty {
                self.vector(bytes * 8);
                return Some(());
            }
            return None;
        }
        let word = u32::from(self.convention.set.bits());
        match ty {
            Type::Integer { bits, .. } if u32::from(*bits) > word => {
                self.general(word);
                self.general(word);
            }
            Type::Float(bits) if self.convention.set == InstructionSet::X86 => {
                self.push(Held::X87, u32::from(*bits));
            }
            // A caller looks at no bit beyond the type, but at the whole byte of a `bool`.
            Type::Integer { bits, .. } => self.general(u32::from(*bits).next_multiple_of(8)),
            Type::Pointer { .. } => self.general(word),
            Type::Float(80) => self.push(Held::X87, 80),
            Type::Float(bits) => self.vector(u32::from(*bits)),
            Type::Vector(bytes) => self.vector(bytes.saturating_mul(8)),
            Type::Aggregate(parts) => return parts.iter().try_for_each(|part| self.give(part)),
            Type::Memory { .. } => {}
        }
        Some(())
    }

    pub(super) fn general(&mut self, bits: u32) {
        if let Some(&register) = self.convention.general_results.get(self.general) {
            self.general += 1;
            self.push(Held::Register(register), bits);
        }
    }

    pub(super) fn vector(&mut self, bits: u32) {
        if let Some(&register) = self.convention.vector_results.get(self.vectors) {
            self.vectors += 1;
            self.push(Held::Register(register), bits);
        }
    }

    pub(super) fn push(&mut self, held: Held, bits: u32) {
        self.pieces.push(Piece {
            held,
            bits,
            extension: None,
            not_null: false,
            parameter: 0,
        });
    }
}
