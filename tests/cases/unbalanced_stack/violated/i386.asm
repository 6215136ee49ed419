; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    push ebx
    mov eax, [esp + 8]
    add esp, 8
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
