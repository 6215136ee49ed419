; example
; check: a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
; abide: allow(untyped_symbol) — the macro of 2019 cannot type it
global f:function
f:
    ret
