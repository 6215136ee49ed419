//! The helpers that touch each page of a large frame before it is taken.

use super::{Convention, MICROSOFT_X64};
use crate::registers::{Register, RegisterSet};

/// Whether a function of this name touches the stack down to `rax` bytes below SP, and leaves SP
/// to its caller: Microsoft's `__chkstk`, MinGW's `___chkstk_ms` (LLVM, `X86FrameLowering.cpp`,
/// "MSVC x64's `__chkstk` and cygwin/mingw's `___chkstk_ms` do not adjust %rsp themselves. They also
/// does not clobber %rax").
#[must_use]
pub fn is_stack_probe(name: &str) -> bool {
    matches!(name, "__chkstk" | "___chkstk_ms")
}

/// "x64 prolog and epilog": `__chkstk` changes nothing but `r10`, `r11` and the flags, whatever
/// the alignment of the stack, and has no home space.
pub const STACK_PROBE: Convention = Convention {
    name: "stack probe",
    parameters: &[],
    vector_parameters: &[],
    general_results: &[],
    vector_results: &[],
    arguments: RegisterSet::of(&[Register::RAX, Register::RSP]),
    results: RegisterSet::EMPTY,
    preserved: {
        let mut set = RegisterSet::EMPTY;
        let mut number = 0;
        while number < Register::TRACKED {
            set.insert(Register(number as u8));
            number += 1;
        }
        set.difference(RegisterSet::of(&[Register::R10, Register::R11]))
    },
    preserved_vector_bits: 512,
    home_space: 0,
    stack_alignment: 1,
    entry_residue: 0,
    ..MICROSOFT_X64
};
