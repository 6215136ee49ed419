; check: a.o b.o
;;; a.asm
bits 32
global start:function
start:
    mov eax, cr4
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; b.asm
global next:function
next:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
