; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern malloc
global f:function
section .text
f:
    call malloc
    ret
