; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
global g:function
section .text
f:
    push rbx
    mov rbx, rdi
    jmp g.out
g:
    push rbx
    mov rbx, rsi
.out:
    mov rax, rbx
    pop rbx
    ret
