; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global log_line:function
section .text
log_line: ; more arguments may follow, and al counts the vectors of them
    test al, al
    jz .none
    movaps [rsp - 24], xmm0
.none:
    mov rax, [rsi]
    ret
;;; c.rs
unsafe extern "C" {
    fn log_line(format: *const u8, ...) -> u64;
}

pub unsafe fn caller(format: *const u8) {
    unsafe { log_line(format, 1.5) };
}
