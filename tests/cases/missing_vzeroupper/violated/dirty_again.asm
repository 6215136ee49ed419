; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    vmovdqu ymm0, [rsi]
    vmovdqu [rdi], ymm0
    vzeroupper
    vpxor ymm1, ymm1, ymm1
    ret
