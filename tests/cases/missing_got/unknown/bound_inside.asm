; check: --shared --root f a.o b.o
; format: elf32
; A version script may keep `g` inside of the shared object, which needs no stub then.
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
;;; b.asm
bits 32
global g:function
section .text
g:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
