; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov eax, [esp + 4]
    mov dword [eax], 1
    ret 4                       ; as of a function that returns a struct
section .note.GNU-stack noalloc noexec nowrite progbits
