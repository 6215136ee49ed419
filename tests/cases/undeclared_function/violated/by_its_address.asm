; example
; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir other.rs
; check: --signatures other.ll a.o b.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global tick:function
section .text
tick:
    ret
;;; b.rs
unsafe extern "C" {
    fn tick();
}

pub unsafe fn caller() {
    unsafe { tick() };
}
;;; other.rs
pub fn nothing() {}
