; check: --all-exported a.o
;;; a.asm -f win64
global f
global g
global h
extern other
section .text
; Its home space is below what it keeps.
f:
    push rbx
    sub rsp, 32
    mov rbx, rcx
    call other
    add rax, rbx
    add rsp, 32
    pop rbx
    ret
; On a stack that was aligned.
g:
    push rbp
    mov rbp, rsp
    sub rsp, 96
    and rsp, -32
    call other
    mov rsp, rbp
    pop rbp
    ret
; Who leaves to another leaves it its own.
h:
    jmp other
