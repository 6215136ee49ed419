; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern helper
global f:function
section .text
f:
    push rbx
    mov rbx, rdi
    call helper
    push rcx
    push rcx
    call helper
    add rsp, 16
    mov rax, [rbx]
    pop rbx
    ret
