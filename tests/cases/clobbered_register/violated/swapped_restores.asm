; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push rbx
    push rbp
    mov rbx, rdi
    mov rbp, rsi
    lea rax, [rbx + rbp]
    pop rbx
    pop rbp
    ret
