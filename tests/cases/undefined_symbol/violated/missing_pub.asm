; check: --entry start --source handler.rs start.o handler.o
;;; start.asm
extern on_key
global start:function
start:
    call on_key
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; handler.rs
#![no_std]

extern "C" fn on_key(code: u8) -> u8 {
    code + 1
}
