; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov [rsp - 8], ebx
    mov rbx, rdi
    lea rax, [rbx + 1]
    mov ebx, [rsp - 8]
    ret
