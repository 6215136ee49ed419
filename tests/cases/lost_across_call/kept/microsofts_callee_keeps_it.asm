; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global by_system_v:function
extern from_microsoft
section .text
; What System V's functions may change, Microsoft's keep: `rsi`, `rdi` and `xmm6` live across the call.
by_system_v:
    sub rsp, 40           ; 32 of them are the callee's home space
    movq xmm6, rdx
    mov rcx, rdi
    call from_microsoft
    add rax, rsi
    add rax, rdi
    movq rdx, xmm6
    add rax, rdx
    add rsp, 40
    ret
;;; c.rs
unsafe extern "sysv64" {
    fn by_system_v(a: u64, b: u64, c: u64) -> u64;
}

#[unsafe(no_mangle)]
pub extern "win64" fn from_microsoft(a: u64) -> u64 {
    a + 2
}

pub unsafe fn caller(a: u64) -> u64 {
    unsafe { by_system_v(a, a, a) }
}
