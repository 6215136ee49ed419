; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global away:function
section .text
away:
    push rsi
    jmp [rdi]
;;; c.rs
unsafe extern "C" {
    fn away(to: &u64);
}

pub unsafe fn caller(to: &u64) {
    unsafe { away(to) };
}
