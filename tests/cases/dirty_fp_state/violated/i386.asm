; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    fld dword [esp + 4]
    fld dword [esp + 8]
    ret                         ; a result is one register, not two
section .note.GNU-stack noalloc noexec nowrite progbits
