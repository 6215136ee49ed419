; check: --pie --root f a.o b.o
; format: elf32
; What the program defines itself needs no stub there, and what is hidden needs none anywhere.
;;; a.asm
bits 32
global f:function
extern g, h
section .text
f:
    sub esp, 12
    call g wrt ..plt
    call h wrt ..plt
    add esp, 12
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; b.asm
bits 32
global g:function, h:function hidden
section .text
g:
    ret
h:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
