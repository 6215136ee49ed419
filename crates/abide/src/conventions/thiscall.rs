//! Methods of C++ classes on Windows: "__thiscall" (learn.microsoft.com/cpp/cpp/thiscall).

use super::{CDECL, Convention};
use crate::registers::{Register, RegisterSet};

/// "The this pointer is passed via register ECX, and not on the stack."
const PARAMETERS: [Register; 1] = [Register::RCX];

/// "The callee cleans the stack, which isn't possible for vararg functions."
pub const THISCALL: Convention = Convention {
    name: "thiscall",
    parameters: &PARAMETERS,
    arguments: RegisterSet::of(&PARAMETERS).union(CDECL.arguments),
    callee_pops: true,
    ..CDECL
};

/// The same where stacks are aligned to words alone, as on Windows.
pub const THISCALL_ON_WORDS: Convention = THISCALL.on_words("thiscall-4");
