; Rust calls `start` by its name, so it is no switch that enters it, whatever it goes by.
; check: a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global start:function
section .text
start:
    sub rsp, 8
    mov rdi, r12
    call rbx
    ud2
;;; c.rs
#![crate_type = "lib"]
#![no_std]
unsafe extern "C" {
    fn start();
}
#[unsafe(no_mangle)]
pub unsafe fn enter() {
    unsafe { start() }
}
