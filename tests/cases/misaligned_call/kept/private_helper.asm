; check: --root f a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern malloc
global f:function
section .text
helper:
    sub rsp, 16
    call malloc
    add rsp, 16
    ret
f:
    call helper
    ret
