; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
section .text
global f:function
f:
    pushfd
    xor dword [esp], 1 << 10
    popfd
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
