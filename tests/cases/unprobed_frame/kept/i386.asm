; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    sub esp, 4000
    mov dword [esp], 1
    add esp, 4000
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
