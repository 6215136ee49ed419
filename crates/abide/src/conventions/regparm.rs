//! Three arguments in registers, as Linux is compiled for 32-bit x86 with: `-mregparm=3` (GCC's
//! manual, "x86 Function Attributes": `regparm`).

use super::{CDECL, Convention};
use crate::registers::{Register, RegisterSet};

/// "The regparm attribute causes the compiler to pass arguments number one to number if they are of
/// integral type in registers EAX, EDX, and ECX instead of on the stack."
const PARAMETERS: [Register; 3] = [Register::RAX, Register::RDX, Register::RCX];

/// "Functions that take a variable number of arguments continue to be passed all of their arguments
/// on the stack." The caller takes them off.
pub const REGPARM: Convention = Convention {
    name: "regparm",
    parameters: &PARAMETERS,
    arguments: RegisterSet::of(&PARAMETERS).union(CDECL.arguments),
    ..CDECL
};

/// The same where stacks are aligned to words alone.
pub const REGPARM_ON_WORDS: Convention = REGPARM.on_words("regparm-4");
