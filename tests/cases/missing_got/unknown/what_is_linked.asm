; check: --root f a.o
; format: elf32
; A program at a fixed address needs nothing in `ebx`, and what is moved does.
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    sub esp, 12
    call g wrt ..plt
    add esp, 12
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
