; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov eax, [ecx]              ; C passes nothing there
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
