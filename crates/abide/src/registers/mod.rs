//! Register files and their parts, for every instruction set: the shared alphabet.

mod flags;
mod register;
mod words;

pub use flags::Flags;
pub use register::{File, Part, Register, RegisterSet};

/// An instruction set, in the mode that an object's header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum InstructionSet {
    /// 32-bit x86 (i386 and later).
    X86,
    /// 64-bit x86.
    #[default]
    X86_64,
}

impl InstructionSet {
    /// The width of an address and of a general register, in bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::X86 => 32,
            Self::X86_64 => 64,
        }
    }

    /// The bytes that a call pushes: a word of the stack.
    #[must_use]
    pub const fn word(self) -> u8 {
        self.bits() / 8
    }
}
