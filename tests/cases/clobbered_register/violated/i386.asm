; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov ebx, [esp + 4]
    mov eax, [ebx]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
