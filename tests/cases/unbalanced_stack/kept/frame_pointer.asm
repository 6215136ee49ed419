; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push rbp
    mov rbp, rsp
    shl rdi, 4
    sub rsp, rdi
    mov [rsp], rsi
    leave
    ret
