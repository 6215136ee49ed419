; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern g
global f:function
section .text
f:
    sub rsp, 8
    movq xmm9, rdi
    call g
    movq rax, xmm9
    mov rax, [rax]
    add rsp, 8
    ret
