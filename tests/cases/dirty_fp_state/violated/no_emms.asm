; example
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    movq mm0, [rsi]
    paddb mm0, [rdx]
    movq [rdi], mm0
    ret
