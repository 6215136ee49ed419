; What rustc compiled itself is no root, whatever it calls and is called by.
; check: c.o
;;; c.rs
#![no_std]
use core::arch::naked_asm;

#[unsafe(naked)]
pub extern "C" fn naked(x: u64) -> u64 {
    naked_asm!(
        "push rbx",
        "mov rbx, rdi",
        "call {}",
        "add rax, rbx",
        "pop rbx",
        "ret",
        sym compiled,
    )
}

#[inline(never)]
extern "C" fn compiled(x: u64) -> u64 {
    x * 3
}

#[unsafe(no_mangle)]
pub extern "C" fn run(x: u64) -> u64 {
    naked(x) + compiled(x)
}
