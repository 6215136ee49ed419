; example
; check: a.o b.o c.o
;;; a.asm
global start:function
start:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; b.asm
section .note.GNU-stack noalloc noexec nowrite progbits
;;; c.asm -f elf32
global old:function
old:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
