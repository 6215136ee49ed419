; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global differs:function
section .text
differs:
    cmp rdi, rsi
    setne al
    ret
;;; c.rs
unsafe extern "C" {
    fn differs(a: u64, b: u64) -> u32;
}

pub unsafe fn caller(a: u64, b: u64) {
    unsafe { differs(a, b) };
}
