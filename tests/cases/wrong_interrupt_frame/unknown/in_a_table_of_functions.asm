; check: a.o b.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern trap
global vectors:data
section .text
; No gate is seen, and the type of the table says that these are functions to be called. As such
; they would call `trap` with a misaligned stack, but they end as handlers do.
general_protection:
    push 13
    jmp all_of_them
page_fault:
    push 14
all_of_them:
    cld
    push rax
    push rcx
    push rdx
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    call trap
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rax
    add rsp, 16
    iretq

section .rodata
vectors:
    dq general_protection
    dq page_fault
vectors.end:
;;; b.rs
#![no_std]
#![crate_type = "lib"]

unsafe extern "C" {
    static vectors: [extern "C" fn(); 2];
}

#[unsafe(no_mangle)]
extern "C" fn trap() {}

#[unsafe(no_mangle)]
pub fn address(vector: usize) -> usize {
    unsafe { vectors[vector] as usize }
}
