; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    cmp edx, 32
    jb .short
    vmovdqu ymm0, [rsi]
    vmovdqu [rdi], ymm0
    cmp edx, 64
    je .done
    vzeroupper
.short:
    ret
.done:
    ret
