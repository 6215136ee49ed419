; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global take_picture:function
section .text
take_picture:
    mov [rdi], rbx
    mov [rdi + 8], rbp
    mov [rdi + 16], r12
    mov [rdi + 24], r13
    mov [rdi + 32], r14
    mov [rdi + 40], r15
    mov [rdi + 48], rdi
    mov [rdi + 56], rsi
    mov [rdi + 64], rdx
    mov [rdi + 72], rcx
    mov [rdi + 80], r8
    mov [rdi + 88], r9
    xor eax, eax
    ret
;;; c.rs
unsafe extern "C" {
    fn take_picture(to: *mut u64) -> i32;
}

pub fn caller(to: &mut [u64; 12]) -> i32 {
    unsafe { take_picture(to.as_mut_ptr()) }
}
