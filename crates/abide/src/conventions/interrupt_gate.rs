//! Interrupt gates in 64-bit mode: Intel SDM volume 3, 6.13 and 6.14; AMD APM volume 2, 8.9.

use super::Convention;
use crate::registers::{Flags, InstructionSet, Register, RegisterSet};

/// What other code than the handler's need not spare, and the interrupted program may use.
const EXTENDED: RegisterSet = RegisterSet::of_vectors(0, 32)
    .union(RegisterSet::of(&[Register::MXCSR, Register::X87_CONTROL]));

/// Segments of data: `iretq` brings back CS and SS.
const SEGMENTS: RegisterSet =
    RegisterSet::of(&[Register::ES, Register::DS, Register::FS, Register::GS]);

/// An interrupt or exception without an error code.
pub const INTERRUPT_GATE: Convention = Convention {
    name: "interrupt gate",
    set: InstructionSet::X86_64,
    // Whatever runs owns every register; the handler is given its stack alone.
    parameters: &[],
    vector_parameters: &[],
    by_position: false,
    vector_count: None,
    general_results: &[],
    vector_results: &[],
    arguments: RegisterSet::of(&[Register::RSP]),
    results: RegisterSet::EMPTY,
    // The processor saves none of them.
    preserved: EXTENDED.union(SEGMENTS).union(RegisterSet::of(&[
        Register::RAX,
        Register::RCX,
        Register::RDX,
        Register::RBX,
        Register::RBP,
        Register::RSI,
        Register::RDI,
        Register::R8,
        Register::R9,
        Register::R10,
        Register::R11,
        Register::R12,
        Register::R13,
        Register::R14,
        Register::R15,
    ])),
    preserved_vector_bits: 512,
    callee_pops: false,
    home_space: 0,
    // 6.14.2: the processor aligns RSP to 16 bytes, then pushes five words of 8 bytes.
    stack_alignment: 16,
    entry_residue: 8,
    // Whatever interrupts the handler has its frame right below SP.
    red_zone: 0,
    empties_x87: true,
    // 6.12.1: RFLAGS is the interrupted program's but for TF, VM, RF and NT, which are clear.
    clear: Flags::NT,
};

/// An exception whose error code is pushed below the five words.
pub const INTERRUPT_GATE_WITH_CODE: Convention = Convention {
    name: "interrupt gate with an error code",
    entry_residue: 0,
    ..INTERRUPT_GATE
};

/// A gate of which it is not known whether an error code is pushed.
pub const INTERRUPT_GATE_OF_UNKNOWN_VECTOR: Convention = Convention {
    name: "interrupt gate of an unknown vector",
    stack_alignment: 8,
    entry_residue: 0,
    ..INTERRUPT_GATE
};

/// What the processor pushes, from the lowest address on, the error code apart (figure 6-8).
pub const INTERRUPT_FRAME: [&str; 5] = ["RIP", "CS", "RFLAGS", "RSP", "SS"];

/// Whether the processor pushes an error code for a vector (Intel SDM volume 3, table 6-1; AMD
/// APM volume 2, table 8-1, for #VC and #SX). Interrupts from outside have none.
#[must_use]
pub const fn has_error_code(vector: u8) -> bool {
    matches!(vector, 8 | 10..=14 | 17 | 21 | 29 | 30)
}

/// Whether a vector's handler may be entered at any instruction, whatever it does: NMI, #DB, #MC,
/// and interrupts from outside (Intel SDM volume 3, table 6-1).
#[must_use]
pub const fn comes_anywhere(vector: u8) -> bool {
    matches!(vector, 1 | 2 | 18 | 32..)
}
