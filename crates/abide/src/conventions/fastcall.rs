//! Two arguments in registers: "__fastcall" (learn.microsoft.com/cpp/cpp/fastcall).

use super::{CDECL, Convention};
use crate::registers::{Register, RegisterSet};

/// "The first two DWORD or smaller arguments that are found in the argument list from left to right
/// are passed in ECX and EDX registers; all other arguments are passed on the stack".
const PARAMETERS: [Register; 2] = [Register::RCX, Register::RDX];

/// "Called function pops the arguments from the stack." "At sign (@) is prefixed to names; an at
/// sign followed by the number of bytes (in decimal) in the parameter list is suffixed to names."
pub const FASTCALL: Convention = Convention {
    name: "fastcall",
    parameters: &PARAMETERS,
    arguments: RegisterSet::of(&PARAMETERS).union(CDECL.arguments),
    callee_pops: true,
    ..CDECL
};

/// The same where stacks are aligned to words alone, as on Windows.
pub const FASTCALL_ON_WORDS: Convention = FASTCALL.on_words("fastcall-4");
