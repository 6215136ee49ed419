; check: --all-exported a.o
;;; a.asm -f win64
global f
extern g
section .text
f:
    push rbp
    mov rbp, rsp
    and rcx, 15
    lea rax, [rcx * 8]
    sub rsp, rax
    and rsp, -16
    call g
    mov rsp, rbp
    pop rbp
    ret
