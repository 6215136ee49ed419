; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov eax, [esp + 4]
    add eax, [esp + 8]
    ret 8                       ; C's callers take their arguments off themselves
section .note.GNU-stack noalloc noexec nowrite progbits
