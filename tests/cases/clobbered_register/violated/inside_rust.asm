; `global_asm!` and naked functions stand in Rust's own objects: they are roots as others are.
; check: c.o
;;; c.rs
#![no_std]
use core::arch::{global_asm, naked_asm};

global_asm!(
    ".globl loose",
    "loose:",
    "mov rbx, rdi",
    "lea rax, [rbx + 1]",
    "ret",
    // Typed, sized, in a section of its own and aligned, as compiled functions are.
    ".section .text.careful, \"ax\", @progbits",
    ".p2align 4",
    ".globl careful",
    ".type careful, @function",
    "careful:",
    "mov r12, rdi",
    "mov rax, r12",
    "ret",
    ".size careful, . - careful",
    ".text",
);

#[unsafe(naked)]
extern "C" fn naked(x: u64) -> u64 {
    naked_asm!("mov r13, rdi", "mov rax, r13", "ret")
}

// As authors write who want backtraces through it.
#[unsafe(naked)]
extern "C" fn unwound(x: u64) -> u64 {
    naked_asm!(".cfi_startproc", "mov r14, rdi", "mov rax, r14", "ret", ".cfi_endproc")
}

unsafe extern "C" {
    fn loose(x: u64) -> u64;
    fn careful(x: u64) -> u64;
}

#[unsafe(no_mangle)]
pub extern "C" fn compiled(x: u64) -> u64 {
    unsafe { loose(x) + careful(x) + naked(x) + unwound(x) }
}
