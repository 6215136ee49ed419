; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f: ; the frame's size is an argument, of which a mask is tested
    push rbp
    mov rbp, rsp
    test rdi, 15
    jnz .done
    mov rax, 512
    cmp rdi, rax
    cmovb rax, rdi
    sub rsp, rax
    movaps [rsp], xmm0
.done:
    leave
    ret
