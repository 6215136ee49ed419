; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov rax, rsp
    sub rsp, 96
    and rsp, -64
    mov [rsp], rax
    movaps [rsp + 16], xmm0
    mov rsp, [rsp]
    ret
