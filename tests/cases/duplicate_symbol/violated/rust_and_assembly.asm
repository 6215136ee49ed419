; check: --complete memory.o memset.o
;;; memory.asm
global fill:function
fill:
    rep stosb
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; memset.rs
#![no_std]

#[unsafe(no_mangle)]
pub extern "C" fn fill() {}
