; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    sub esp, 12
    mov ecx, [esp + 16]
    call g
    mov eax, [ecx]
    add esp, 12
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
