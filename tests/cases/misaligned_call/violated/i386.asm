; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    push ebx
    call g
    pop ebx
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
