; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov [esp - 4], eax
    mov dword [esp - 4], 5      ; there is no red zone
    mov eax, [esp - 4]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
