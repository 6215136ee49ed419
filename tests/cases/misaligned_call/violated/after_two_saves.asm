; example
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern malloc
global f:function
section .text
f:
    push rbx
    push r12
    sub rsp, 32
    mov [rsp + 8], rdi
    mov rbx, rsi
    mov r12, rdx
    call malloc wrt ..plt
    lea rax, [rbx + r12]
    add rsp, 32
    pop r12
    pop rbx
    ret
