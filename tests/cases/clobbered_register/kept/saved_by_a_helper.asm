; check: --root f a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
save:
    pop rax
    push rbx
    push rbp
    push rax
    ret
f:
    call save
    mov rbx, rdi
    mov rbp, rsi
    lea rax, [rbx + rbp]
    pop rbp
    pop rbx
    ret
