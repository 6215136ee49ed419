; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    push bx                     ; 16 bits of it
    mov ebx, [esp + 6]
    mov eax, [ebx]
    pop bx
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
