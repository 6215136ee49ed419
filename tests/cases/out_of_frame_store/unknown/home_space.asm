; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov [rsp + 8], rdi
    mov rax, rsi
    ret
