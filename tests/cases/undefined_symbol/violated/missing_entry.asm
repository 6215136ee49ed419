; check: --entry start start.o
;;; start.asm
global begin:function
begin:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
