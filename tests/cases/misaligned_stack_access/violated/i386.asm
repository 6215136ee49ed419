; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    sub esp, 16
    movaps [esp], xmm0
    add esp, 16
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
