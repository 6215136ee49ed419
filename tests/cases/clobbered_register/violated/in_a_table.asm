; Rust calls local functions through a table: they are roots, and the code that only the
; assembly's own table leads to is none.
; check: a.o c.o
;;; a.asm
global operations
section .text
fast:
    mov rax, rdi
    ret
slow:
    mov rbx, rdi
    mov rax, rbx
    ret
slow.inner:             ; a label inside, not a function
    mov r12, rdi
    ret
private:
    mov r13, rdi
    ret
section .data.rel.ro
operations:
    dq fast, more
    dq slow.inner
own:
    dq private
more:
    dq slow
section .note.GNU-stack noalloc noexec nowrite progbits
;;; c.rs
#![no_std]
#[repr(C)]
pub struct More {
    slow: extern "C" fn(u64) -> u64,
}
#[repr(C)]
pub struct Operations {
    fast: extern "C" fn(u64) -> u64,
    more: &'static More,
    inner: usize,
}
unsafe extern "C" {
    static operations: Operations;
}
#[unsafe(no_mangle)]
pub fn run(x: u64) -> u64 {
    unsafe { (operations.fast)(x) + (operations.more.slow)(x) + operations.inner as u64 }
}
