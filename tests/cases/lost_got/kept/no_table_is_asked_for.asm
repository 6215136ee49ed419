; check: --oformat binary --entry start a.o b.o
;;; a.asm
default rel
global start:function
extern print
start:
    call print
    hlt
section .note.GNU-stack noalloc noexec nowrite progbits
;;; b.asm
global print:function
print:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
