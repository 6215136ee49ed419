; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern malloc
global f:function
section .text
f:
    push rbx
    mov rbx, rsp
    mov rsp, rsi
    call malloc
    mov rsp, rbx
    pop rbx
    ret
