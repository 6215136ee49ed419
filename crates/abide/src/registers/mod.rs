//! Register files and their parts, for every instruction set: the shared alphabet.

mod flags;
mod register;

pub use flags::Flags;
pub use register::{File, Part, Register, RegisterSet};

/// An instruction set, in the mode that an object's header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstructionSet {
    /// 32-bit x86 (i386 and later).
    X86,
    /// 64-bit x86.
    X86_64,
}
