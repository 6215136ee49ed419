; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    sub esp, 28
    movups xmm0, [esp + 4]
    movaps [esp], xmm0
    add esp, 28
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
