; check: a.o b.o c.o
;;; a.asm
global start:function
start:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; b.asm
section .note.GNU-stack noalloc noexec nowrite progbits
;;; c.asm -f win64
global windows
windows:
    ret
