; The function that is jumped to cleans up, as it stands: its next version need not.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global f:function
f:
    vpxor ymm0, ymm0, ymm0
    jmp g
global g:function
g:
    vpaddd ymm1, ymm1, ymm2
    vzeroupper
    ret
