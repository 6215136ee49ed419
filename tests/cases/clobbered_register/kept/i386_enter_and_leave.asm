; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    enter 32, 0
    push bx
    mov bx, 5
    pop bx
    mov [ebp - 4], esi
    mov esi, [ebp + 8]
    mov eax, [esi]
    mov esi, [ebp - 4]
    leave
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
