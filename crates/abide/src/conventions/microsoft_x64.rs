//! Microsoft's x64 software conventions: "x64 calling convention" and "x64 stack usage"
//! (learn.microsoft.com/cpp/build/x64-calling-convention, /x64-software-conventions).

use super::Convention;
use crate::registers::{Flags, InstructionSet, Register, RegisterSet};

/// "Parameter passing": "The leftmost four arguments are passed in RCX, RDX, R8, and R9".
const PARAMETERS: [Register; 4] = [Register::RCX, Register::RDX, Register::R8, Register::R9];

/// "Any floating-point and double-precision arguments in the first four parameters are passed in
/// XMM0 - XMM3, depending on position."
const VECTOR_PARAMETERS: [Register; 4] = [
    Register::vector(0),
    Register::vector(1),
    Register::vector(2),
    Register::vector(3),
];

/// "Return values".
const GENERAL_RESULTS: [Register; 1] = [Register::RAX];
const VECTOR_RESULTS: [Register; 1] = [Register::vector(0)];

/// "Caller/callee saved registers": "RBX, RBP, RDI, RSI, RSP, R12, R13, R14, R15, and XMM6-XMM15
/// are nonvolatile".
const PRESERVED: RegisterSet = RegisterSet::of_vectors(6, 16).union(RegisterSet::of(&[
    Register::RBX,
    Register::RBP,
    Register::RDI,
    Register::RSI,
    Register::R12,
    Register::R13,
    Register::R14,
    Register::R15,
    // "MxCsr" and "FPCSR": "a callee that modifies any of the nonvolatile fields [...] must
    // restore them before returning to its caller".
    Register::MXCSR,
    Register::X87_CONTROL,
]));

/// Microsoft x64.
pub const MICROSOFT_X64: Convention = Convention {
    name: "win64",
    set: InstructionSet::X86_64,
    parameters: &PARAMETERS,
    vector_parameters: &VECTOR_PARAMETERS,
    by_position: true,
    // "Varargs": nothing counts the vector registers.
    vector_count: None,
    general_results: &GENERAL_RESULTS,
    vector_results: &VECTOR_RESULTS,
    arguments: RegisterSet::of(&PARAMETERS)
        .union(RegisterSet::of(&VECTOR_PARAMETERS))
        // Microsoft's text has no static chain. The compilers that have one pass it here as they do
        // by System V's convention (LLVM, `CC_X86_Win64_C`: "The 'nest' parameter, if any, is passed in
        // R10"; GCC, `ix86_static_chain`).
        .union(RegisterSet::of(&[Register::R10, Register::RSP])),
    results: RegisterSet::of(&GENERAL_RESULTS).union(RegisterSet::of(&VECTOR_RESULTS)),
    preserved: PRESERVED,
    // "On AVX2 platforms, [...] the upper halves of YMM0-YMM15 [...] are volatile"; so are those
    // of zmm registers.
    preserved_vector_bits: 128,
    callee_pops: false,
    // "Calling convention defaults": "space is allocated on the call stack as a shadow store for
    // callees to save those registers", of four words.
    home_space: 32,
    // "Stack allocation": "The stack will always be maintained 16-byte aligned, except within the
    // prolog (for example, after the return address is pushed)".
    stack_alignment: 16,
    entry_residue: 8,
    // "Stack usage": "All memory beyond the current address of RSP is considered volatile".
    red_zone: 0,
    // "x64 software conventions", of MM0-MM7 and ST0-ST7: "There's no explicit calling convention
    // for these registers."
    empties_x87: false,
    // "x64 software conventions", "EFLAGS": the direction flag "must be cleared [...] on entry
    // and on exit".
    clear: Flags::DF,
};
