; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    xor eax, eax
    a16 mov al, [bx + si]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
