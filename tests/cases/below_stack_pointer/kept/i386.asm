; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    sub esp, 4
    mov dword [esp], 5
    mov eax, [esp]
    add esp, 4
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
