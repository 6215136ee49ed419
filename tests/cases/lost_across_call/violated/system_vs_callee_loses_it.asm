; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global by_microsoft:function
extern from_system_v
section .text
; `rsi` is kept for the caller, as is due, but what lives in it is lost in a callee of System V.
by_microsoft:
    push rsi
    push rdi
    sub rsp, 168
    movaps [rsp + 0], xmm6
    movaps [rsp + 16], xmm7
    movaps [rsp + 32], xmm8
    movaps [rsp + 48], xmm9
    movaps [rsp + 64], xmm10
    movaps [rsp + 80], xmm11
    movaps [rsp + 96], xmm12
    movaps [rsp + 112], xmm13
    movaps [rsp + 128], xmm14
    movaps [rsp + 144], xmm15
    mov rsi, rdx
    mov rdi, rcx
    call from_system_v
    add rax, [rsi]
    movaps xmm6, [rsp + 0]
    movaps xmm7, [rsp + 16]
    movaps xmm8, [rsp + 32]
    movaps xmm9, [rsp + 48]
    movaps xmm10, [rsp + 64]
    movaps xmm11, [rsp + 80]
    movaps xmm12, [rsp + 96]
    movaps xmm13, [rsp + 112]
    movaps xmm14, [rsp + 128]
    movaps xmm15, [rsp + 144]
    add rsp, 168
    pop rdi
    pop rsi
    ret
;;; c.rs
unsafe extern "win64" {
    fn by_microsoft(a: u64, b: *const u64) -> u64;
}

#[unsafe(no_mangle)]
pub extern "sysv64" fn from_system_v(a: u64) -> u64 {
    a + 2
}

pub unsafe fn caller(a: u64, b: *const u64) -> u64 {
    unsafe { by_microsoft(a, b) }
}
