; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global half:function
section .text
half:
    mov eax, 1
    ret
;;; c.rs
unsafe extern "C" {
    fn half(a: u64) -> f64;
}

pub unsafe fn caller(a: u64) {
    unsafe { half(a) };
}
