; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    sub rsp, 72
    and edi, 31
    movaps [rsp + rdi], xmm0
    add rsp, 72
    ret
