; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push rbx
    mov rbx, rsp
    sub rsp, 64
    and rsp, -15          ; of a multiple of 8 this makes a multiple of 16
    movaps [rsp], xmm0
    mov rsp, rbx
    pop rbx
    ret
