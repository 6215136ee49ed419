; example
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    vmovdqu ymm0, [rsi]
    vpaddb ymm0, ymm0, [rdx]
    vmovdqu [rdi], ymm0
    ret
