; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global by_microsoft:function
global by_system_v:function
section .text
by_microsoft:
    mov rsi, rcx
    movdqu xmm6, [rdx]
    movq rax, xmm6
    add rax, [rsi]
    ret
by_system_v:              ; the same is its own to change
    mov rsi, rdi
    movdqu xmm6, [rdi]
    movq rax, xmm6
    add rax, [rsi]
    ret
;;; c.rs
unsafe extern "win64" {
    fn by_microsoft(a: *const u64, b: *const u64) -> u64;
}
unsafe extern "sysv64" {
    fn by_system_v(a: *const u64) -> u64;
}

pub unsafe fn caller(a: *const u64) -> u64 {
    unsafe { by_microsoft(a, a) + by_system_v(a) }
}
