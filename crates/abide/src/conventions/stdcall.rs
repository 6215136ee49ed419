//! Functions of Windows' own interfaces for 32-bit x86: "__stdcall"
//! (learn.microsoft.com/cpp/cpp/stdcall).

use super::{CDECL, Convention};

/// "Stack-maintenance responsibility: Called function pops its own arguments from the stack"; in
/// all else it is like C's. "Name-decoration convention: An underscore is prefixed to the name. The
/// name is followed by the at sign (@) followed by the number of bytes (in decimal) in the argument
/// list."
pub const STDCALL: Convention = Convention {
    name: "stdcall",
    // "Varargs": such a function is called by C's convention.
    callee_pops: true,
    ..CDECL
};

/// The same where stacks are aligned to words alone, as on Windows.
pub const STDCALL_ON_WORDS: Convention = STDCALL.on_words("stdcall-4");
