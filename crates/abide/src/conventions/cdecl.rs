//! The C convention of 32-bit x86: System V ABI, Intel386 Architecture Processor Supplement,
//! version 1.1, and "__cdecl" (learn.microsoft.com/cpp/cpp/cdecl).

use super::Convention;
use crate::registers::{Flags, InstructionSet, Register, RegisterSet};

/// 2.2.3: "%xmm0 to %xmm2" pass the first three vectors; all else goes on the stack.
const VECTOR_PARAMETERS: [Register; 3] = [
    Register::vector(0),
    Register::vector(1),
    Register::vector(2),
];

/// Table 2.3: "%eax: return value", "%edx: [...] also used to return the upper 32bits of some 64bit
/// return types"; vectors come back in "%xmm0", floating point in "%st0".
pub(super) const GENERAL_RESULTS: [Register; 2] = [Register::RAX, Register::RDX];
pub(super) const VECTOR_RESULTS: [Register; 1] = [Register::vector(0)];

/// Table 2.3: "%ebx, %esi, %edi, %ebp: callee-saved"; 2.2.1: "the control bits of the MXCSR
/// register are callee-saved", and so is "the x87 control word".
const PRESERVED: RegisterSet = RegisterSet::of(&[
    Register::RBX,
    Register::RSI,
    Register::RDI,
    Register::RBP,
    Register::MXCSR,
    Register::X87_CONTROL,
]);

/// System V for i386.
pub const CDECL: Convention = Convention {
    name: "cdecl",
    set: InstructionSet::X86,
    parameters: &[],
    vector_parameters: &VECTOR_PARAMETERS,
    by_position: false,
    vector_count: None,
    general_results: &GENERAL_RESULTS,
    vector_results: &VECTOR_RESULTS,
    arguments: RegisterSet::of(&VECTOR_PARAMETERS).union(RegisterSet::of(&[Register::RSP])),
    results: RegisterSet::of(&GENERAL_RESULTS)
        .union(RegisterSet::of(&VECTOR_RESULTS))
        .union(RegisterSet::of(&[Register::x87(0)])),
    preserved: PRESERVED,
    // No vector register is; where `abide.toml` says so of one, it says it of `xmm`.
    preserved_vector_bits: 128,
    // 2.2.3: "the caller cleans up the parameters".
    callee_pops: false,
    home_space: 0,
    // 2.2.2: "The end of the input argument area shall be aligned on a 16 [...] byte boundary. In
    // other words, the value (%esp + 4) is always a multiple of 16 [...] when control is
    // transferred to the function entry point."
    stack_alignment: 16,
    entry_residue: 12,
    // 2.2.2: nothing below SP is spared.
    red_zone: 0,
    empties_x87: true,
    // 2.2.1: "The direction flag DF [...] must be clear [...] on function entry and return".
    clear: Flags::DF,
};

/// The same where stacks are aligned to words alone: Microsoft's compilers, and code of before GCC
/// made 16 bytes of it ("The Stack Frame", System V ABI, Intel386 supplement, fourth edition: "the
/// stack is word aligned").
pub const CDECL_ON_WORDS: Convention = CDECL.on_words("cdecl-4");
