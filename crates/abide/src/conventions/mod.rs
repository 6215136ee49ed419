//! What an ABI asks of every function, as tables: one file a convention.

mod cdecl;
mod fastcall;
mod interrupt_gate;
mod interrupt_gate_32;
mod microsoft_x64;
mod never_return;
mod regparm;
mod stack_probe;
mod stdcall;
mod sysv_x86_64;
mod thiscall;

pub use cdecl::{CDECL, CDECL_ON_WORDS};
pub use fastcall::{FASTCALL, FASTCALL_ON_WORDS};
pub use interrupt_gate::{
    INTERRUPT_FRAME, INTERRUPT_GATE, INTERRUPT_GATE_OF_UNKNOWN_VECTOR, INTERRUPT_GATE_WITH_CODE,
    comes_anywhere, has_error_code,
};
pub use interrupt_gate_32::{
    INTERRUPT_FRAME_32, INTERRUPT_GATE_32, INTERRUPT_GATE_32_OF_UNKNOWN_VECTOR,
    INTERRUPT_GATE_32_WITH_CODE,
};
pub use microsoft_x64::MICROSOFT_X64;
pub use never_return::never_returns;
pub use regparm::{REGPARM, REGPARM_ON_WORDS};
pub use stack_probe::{STACK_PROBE, is_stack_probe};
pub use stdcall::{STDCALL, STDCALL_ON_WORDS};
pub use sysv_x86_64::{SYSTEM_V_X86_64, SYSTEM_V_X86_64_INTERRUPTED};
pub use thiscall::{THISCALL, THISCALL_ON_WORDS};

use crate::registers::{Flags, InstructionSet, Register, RegisterSet};

/// A calling convention, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convention {
    /// Its name, as printed and as written in `abide.toml`.
    pub name: &'static str,
    /// The instruction set that it is for.
    pub set: InstructionSet,
    /// General registers that parameters are passed in, in this order.
    pub parameters: &'static [Register],
    /// Vector registers that they are passed in, in this order.
    pub vector_parameters: &'static [Register],
    /// The number of a parameter tells its register, of either kind; else the parameters of each
    /// kind are counted for themselves. What does not fit one register goes by reference.
    pub by_position: bool,
    /// Tells a variadic function in how many vector registers there are arguments.
    pub vector_count: Option<Register>,
    /// General registers that results are returned in, in this order.
    pub general_results: &'static [Register],
    /// Vector registers that they are returned in, in this order.
    pub vector_results: &'static [Register],
    /// Registers that may hold something for the callee at its entry:
    /// arguments, the vector count of a variadic call, the static chain.
    pub arguments: RegisterSet,
    /// Registers that may hold a result at the return.
    pub results: RegisterSet,
    /// Registers that hold their entry value at the return.
    pub preserved: RegisterSet,
    /// How many low bits of a vector register that is preserved are.
    pub preserved_vector_bits: u16,
    /// Bytes above the return address that the caller provides and the callee may write.
    pub home_space: u32,
    /// The callee takes its stack arguments off the stack when it returns.
    pub callee_pops: bool,
    /// SP at the entry is `entry_residue` modulo this, in bytes.
    pub stack_alignment: u16,
    /// See `stack_alignment`.
    pub entry_residue: u16,
    /// Bytes below SP that signal handlers leave alone.
    pub red_zone: u32,
    /// The x87 stack is empty, and MMX not in use, at calls and returns, results apart. Else that
    /// is good manners alone.
    pub empties_x87: bool,
    /// Flags that are clear at entry and return.
    pub clear: Flags,
}

/// The conventions that functions are called by.
const ALL: [&Convention; 12] = [
    &SYSTEM_V_X86_64,
    &MICROSOFT_X64,
    &CDECL,
    &CDECL_ON_WORDS,
    &STDCALL,
    &STDCALL_ON_WORDS,
    &FASTCALL,
    &FASTCALL_ON_WORDS,
    &THISCALL,
    &THISCALL_ON_WORDS,
    &REGPARM,
    &REGPARM_ON_WORDS,
];

impl Convention {
    /// The convention of a name that `abide.toml` may give.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|convention| convention.name == name)
    }

    /// The names that `abide.toml` may give.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.into_iter().map(|convention| convention.name)
    }

    /// The same on stacks that are aligned to words alone.
    const fn on_words(self, name: &'static str) -> Self {
        Self {
            name,
            stack_alignment: self.word() as u16,
            entry_residue: 0,
            ..self
        }
    }

    /// The bytes of a return address, and of each word of the stack.
    #[must_use]
    pub const fn word(&self) -> u8 {
        self.set.word()
    }

    /// How many low bytes of a preserved register are.
    #[must_use]
    pub const fn preserved_bytes(&self) -> u8 {
        (self.preserved_vector_bits / 8) as u8
    }
}
