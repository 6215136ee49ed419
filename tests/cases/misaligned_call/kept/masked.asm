; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern malloc
global f:function
section .text
f:
    push rbp
    mov rbp, rsp
    push rdi
    and rsp, -16
    call malloc
    leave
    ret
