//! System V ABI, AMD64 Architecture Processor Supplement, version 1.0.

use super::Convention;
use crate::registers::{Flags, InstructionSet, Register, RegisterSet};

/// 3.2.3, "Passing".
const PARAMETERS: [Register; 6] = [
    Register::RDI,
    Register::RSI,
    Register::RDX,
    Register::RCX,
    Register::R8,
    Register::R9,
];

const OTHER_ARGUMENTS: RegisterSet = RegisterSet::of(&[
    // An upper bound of the vector registers used by a variadic call (3.5.7).
    Register::RAX,
    // The static chain pointer (figure 3.4).
    Register::R10,
    // The stack itself.
    Register::RSP,
]);

const VECTOR_PARAMETERS: [Register; 8] = [
    Register::vector(0),
    Register::vector(1),
    Register::vector(2),
    Register::vector(3),
    Register::vector(4),
    Register::vector(5),
    Register::vector(6),
    Register::vector(7),
];

/// 3.2.3, "Returning of Values".
const GENERAL_RESULTS: [Register; 2] = [Register::RAX, Register::RDX];
const VECTOR_RESULTS: [Register; 2] = [Register::vector(0), Register::vector(1)];

/// System V for x86-64: sections 3.2 (stack, registers) and 3.4 (processes).
pub const SYSTEM_V_X86_64: Convention = Convention {
    name: "sysv64",
    set: InstructionSet::X86_64,
    parameters: &PARAMETERS,
    vector_parameters: &VECTOR_PARAMETERS,
    by_position: false,
    // 3.5.7: `al` is an upper bound.
    vector_count: Some(Register::RAX),
    general_results: &GENERAL_RESULTS,
    vector_results: &VECTOR_RESULTS,
    arguments: RegisterSet::of(&PARAMETERS)
        .union(OTHER_ARGUMENTS)
        .union(RegisterSet::of(&VECTOR_PARAMETERS)),
    results: RegisterSet::of(&GENERAL_RESULTS).union(RegisterSet::of(&VECTOR_RESULTS)),
    // 3.2.1: "%rbp, %rbx and %r12 through %r15 belong to the calling function", and "The control
    // bits of the MXCSR register are callee-saved (preserved across calls), while the status bits
    // are caller-saved (not preserved). The x87 status word register is caller-saved, whereas the
    // x87 control word is callee-saved."
    preserved: RegisterSet::of(&[
        Register::RBX,
        Register::RBP,
        Register::R12,
        Register::R13,
        Register::R14,
        Register::R15,
        Register::MXCSR,
        Register::X87_CONTROL,
    ]),
    // No vector register is; where `abide.toml` says so of one, it says it of `xmm`.
    preserved_vector_bits: 128,
    callee_pops: false,
    home_space: 0,
    // 3.2.2: "%rsp + 8 is a multiple of 16 when control is transferred".
    stack_alignment: 16,
    entry_residue: 8,
    // 3.2.2: the 128-byte area beyond the location pointed to by %rsp.
    red_zone: 128,
    // 3.2.1: "every function that uses the MMX registers is required to issue an emms or femms
    // instruction after using MMX registers, before returning or calling another function".
    empties_x87: true,
    // 3.2.1: "The direction flag must be clear on function entry and return".
    clear: Flags::DF,
};

/// The same where interrupts come on the stack that is in use: the processor spares no red zone
/// (Intel SDM volume 3, 6.14.2).
pub const SYSTEM_V_X86_64_INTERRUPTED: Convention = Convention {
    name: "System V x86-64 without a red zone",
    red_zone: 0,
    ..SYSTEM_V_X86_64
};
