//! What an ABI asks of every function, as tables: one file a convention.

mod interrupt_gate;
mod never_return;
mod sysv_x86_64;

pub use interrupt_gate::{
    CALLED_BY_HANDLERS, INTERRUPT_FRAME, INTERRUPT_GATE, INTERRUPT_GATE_OF_UNKNOWN_VECTOR,
    INTERRUPT_GATE_WITH_CODE, has_error_code,
};
pub use never_return::never_returns;
pub use sysv_x86_64::SYSTEM_V_X86_64;

use crate::registers::{Flags, Register, RegisterSet};

/// A calling convention, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convention {
    /// Its name, as printed and as written in `abide.toml`.
    pub name: &'static str,
    /// General registers that parameters are passed in, in this order.
    pub parameters: &'static [Register],
    /// Registers that may hold something for the callee at its entry:
    /// arguments, the vector count of a variadic call, the static chain.
    pub arguments: RegisterSet,
    /// Registers that may hold a result at the return.
    pub results: RegisterSet,
    /// Registers that hold their entry value at the return.
    pub preserved: RegisterSet,
    /// SP at the entry is `entry_residue` modulo this, in bytes.
    pub stack_alignment: u16,
    /// See `stack_alignment`.
    pub entry_residue: u16,
    /// Bytes below SP that signal handlers leave alone.
    pub red_zone: u32,
    /// Flags that are clear at entry and return.
    pub clear: Flags,
}
