; example
; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global halt:function
section .text
halt:
    ret
;;; c.rs
unsafe extern "C" {
    fn halt() -> !;
}

pub unsafe fn caller() {
    unsafe { halt() };
}
