; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global sum:function
section .text
sum:
    lea rax, [rdi + rsi]
    ret
;;; c.rs
unsafe extern "C" {
    fn sum(a: u64) -> u64;
}

pub unsafe fn caller(a: u64) {
    unsafe { sum(a) };
}
