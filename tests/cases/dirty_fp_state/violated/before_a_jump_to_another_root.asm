; The function that is jumped to cleans up, as it stands: its next version need not.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global f:function
f:
    pxor mm0, mm0
    jmp g
global g:function
g:
    pxor mm1, mm1
    emms
    ret
