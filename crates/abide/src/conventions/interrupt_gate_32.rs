//! Interrupt gates in protected mode, of 32 bits: Intel SDM volume 3, 6.11 to 6.13.

use super::{Convention, INTERRUPT_GATE};
use crate::registers::{InstructionSet, Register, RegisterSet};

/// What other code than the handler's need not spare, and the interrupted program may use.
const EXTENDED: RegisterSet =
    RegisterSet::of_vectors(0, 8).union(RegisterSet::of(&[Register::MXCSR, Register::X87_CONTROL]));

/// Segments of data and the stack's: `iretd` brings back CS, and SS only where it goes to another privilege.
const SEGMENTS: RegisterSet = RegisterSet::of(&[
    Register::ES,
    Register::SS,
    Register::DS,
    Register::FS,
    Register::GS,
]);

/// An interrupt or exception without an error code.
pub const INTERRUPT_GATE_32: Convention = Convention {
    name: "interrupt gate of 32 bits",
    set: InstructionSet::X86,
    // The processor saves none of them.
    preserved: EXTENDED.union(SEGMENTS).union(RegisterSet::of(&[
        Register::RAX,
        Register::RCX,
        Register::RDX,
        Register::RBX,
        Register::RBP,
        Register::RSI,
        Register::RDI,
    ])),
    // 6.12.1: the processor pushes EFLAGS, CS and EIP where SP is. It aligns nothing: what was
    // interrupted had its stack aligned to words.
    stack_alignment: 4,
    entry_residue: 0,
    ..INTERRUPT_GATE
};

/// An exception whose error code is pushed below the three words.
pub const INTERRUPT_GATE_32_WITH_CODE: Convention = Convention {
    name: "interrupt gate of 32 bits with an error code",
    ..INTERRUPT_GATE_32
};

/// A gate of which it is not known whether an error code is pushed.
pub const INTERRUPT_GATE_32_OF_UNKNOWN_VECTOR: Convention = Convention {
    name: "interrupt gate of 32 bits and an unknown vector",
    ..INTERRUPT_GATE_32
};

/// What the processor pushes, from the lowest address on, the error code apart, where it stays at
/// one privilege (figure 6-4). From user mode ESP and SS lie above.
pub const INTERRUPT_FRAME_32: [&str; 3] = ["EIP", "CS", "EFLAGS"];
