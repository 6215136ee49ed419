; check: a.o b.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
section .text
handler:
    iretq
;;; b.rs
#![no_std]
#![crate_type = "lib"]

unsafe extern "C" {
    fn handler();
}

#[unsafe(no_mangle)]
pub fn entry() -> unsafe extern "C" fn() {
    handler
}
