//! Arguments: which register or which bytes of the stack each goes to.

use super::{Held, Piece, fits_one_register};
use crate::conventions::Convention;
use crate::registers::InstructionSet;
use crate::signatures::{Extension, Type};

/// Arguments, given places one after another.
pub(super) struct Passing {
    pub(super) convention: &'static Convention,
    pub(super) pieces: Vec<Piece>,
    pub(super) general: usize,
    pub(super) vectors: usize,
    pub(super) stack: u32,
    pub(super) extension: Option<Extension>,
}

impl Passing {
    pub(super) const fn by(convention: &'static Convention) -> Self {
        Self {
            convention,
            pieces: Vec::new(),
            general: 0,
            vectors: 0,
            stack: convention.home_space,
            extension: None,
        }
    }

    pub(super) fn pass(&mut self, ty: &Type, parameter: usize) -> Option<()> {
        if self.convention.by_position && !fits_one_register(ty) {
            return match ty {
                Type::Float(_) | Type::Vector(_) => self.general(64, true, parameter),
                // What compilers make of them, no ABI says; of structs they leave none in IR.
                _ => None,
            };
        }
        if self.convention.set == InstructionSet::X86 {
            return self.pass_of_32_bits(ty, parameter);
        }
        match ty {
            Type::Integer { bits: 65.., .. } => {
                if self.general + 2 <= self.convention.parameters.len() {
                    self.general(64, false, parameter)?;
                    return self.general(64, false, parameter);
                }
                self.on_stack(16, 16, 128, parameter)
            }
            Type::Integer { bits, .. } => self.general(u32::from(*bits), false, parameter),
            Type::Pointer { nullable, .. } => self.general(64, !nullable, parameter),
            Type::Float(80) => self.on_stack(16, 16, 80, parameter),
            Type::Float(bits) => self.vector(u32::from(*bits), parameter),
            Type::Vector(bytes) => self.vector(bytes.checked_mul(8)?, parameter),
            Type::Aggregate(parts) if self.has_room_for(parts) => {
                parts.iter().try_for_each(|part| self.pass(part, parameter))
            }
            // 3.2.3: "If there are no registers available for any eightbyte of an argument, the whole
            // argument is passed on the stack."
            Type::Aggregate(parts) => parts
                .iter()
                .try_for_each(|_| self.on_stack(8, 8, 64, parameter)),
            Type::Memory { bytes, align } => {
                let bytes = u32::try_from(*bytes).ok()?;
                let align = u32::try_from(*align).ok()?;
                self.on_stack(bytes, align, bytes.checked_mul(8)?, parameter)
            }
        }
    }

    /// Whether there is a register for each of several words.
    fn has_room_for(&self, words: &[Type]) -> bool {
        let is_vector = |ty: &&Type| matches!(ty, Type::Float(_) | Type::Vector(_));
        let vectors = words.iter().filter(is_vector).count();
        let general = words.len() - vectors;
        self.vectors + vectors <= self.convention.vector_parameters.len()
            && self.general + general <= self.convention.parameters.len()
    }

    /// All that fits a word may go in a register, vectors in theirs, the rest on the stack, at
    /// multiples of a word (System V ABI, Intel386 supplement, 2.2.3).
    fn pass_of_32_bits(&mut self, ty: &Type, parameter: usize) -> Option<()> {
        match ty {
            Type::Integer { bits: 65.., .. } => None,
            Type::Integer { bits: 33.., .. } => self.two_words(parameter),
            Type::Integer { bits, .. } => self.general(u32::from(*bits), false, parameter),
            Type::Pointer { nullable, .. } => self.general(32, !nullable, parameter),
            Type::Float(bits) => {
                let bits = u32::from(*bits);
                self.on_stack(bits.div_ceil(8), 4, bits, parameter)
            }
            Type::Vector(bytes) => self.vector(bytes.checked_mul(8)?, parameter),
            Type::Aggregate(parts) => parts.iter().try_for_each(|part| self.pass(part, parameter)),
            Type::Memory { bytes, align } => {
                let bytes = u32::try_from(*bytes).ok()?;
                // What holds a vector is aligned as that is.
                let align = u32::try_from(*align).ok().filter(|&align| align >= 16);
                self.on_stack(bytes, align.unwrap_or(4), bytes.checked_mul(8)?, parameter)
            }
        }
    }

    fn two_words(&mut self, parameter: usize) -> Option<()> {
        // Who counts three registers splits it, or leaves them all for the stack.
        if self.convention.parameters.len() == 3 {
            if self.general + 2 <= self.convention.parameters.len() {
                self.general(32, false, parameter)?;
                return self.general(32, false, parameter);
            }
            self.general = self.convention.parameters.len();
        }
        self.on_stack(8, 4, 64, parameter)
    }

    pub(super) fn general(&mut self, bits: u32, not_null: bool, parameter: usize) -> Option<()> {
        let Some(&register) = self.convention.parameters.get(self.general) else {
            let word = u32::from(self.convention.word());
            return self.on_stack(word, word, bits, parameter);
        };
        self.general += 1;
        self.vectors += usize::from(self.convention.by_position);
        self.push(Held::Register(register), bits, not_null, parameter);
        Some(())
    }

    pub(super) fn vector(&mut self, bits: u32, parameter: usize) -> Option<()> {
        if let Some(&register) = self.convention.vector_parameters.get(self.vectors) {
            self.vectors += 1;
            self.general += usize::from(self.convention.by_position);
            self.push(Held::Register(register), bits, false, parameter);
            return Some(());
        }
        let bytes = (bits / 8).max(8);
        self.on_stack(bytes, bytes, bits, parameter)
    }

    fn on_stack(&mut self, bytes: u32, align: u32, bits: u32, parameter: usize) -> Option<()> {
        let word = u32::from(self.convention.word());
        let start = self.stack.checked_next_multiple_of(align.max(word))?;
        self.stack = start.checked_add(bytes.checked_next_multiple_of(word)?)?;
        self.push(Held::Stack(start), bits, false, parameter);
        Some(())
    }

    pub(super) fn push(&mut self, held: Held, bits: u32, not_null: bool, parameter: usize) {
        self.pieces.push(Piece {
            held,
            bits,
            extension: self.extension,
            not_null,
            parameter,
        });
    }
}
