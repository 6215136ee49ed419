; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    push ebx
    mov ebx, [esp + 8]
    jmp [ebx + table - f]
.back:
    pop ebx
    ret
section .data
table: dd f.back
section .note.GNU-stack noalloc noexec nowrite progbits
