; The function that is jumped to clears it, as it stands: its next version need not.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global f:function
f:
    std
    jmp g
global g:function
g:
    mov eax, 1
    cld
    ret
