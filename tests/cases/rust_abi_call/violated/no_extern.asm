; example
; check: --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern on_tick
global tick:function
section .text
tick:
    mov edi, 1
    jmp on_tick
;;; c.rs
#[unsafe(no_mangle)]
fn on_tick(_count: u64) {}
