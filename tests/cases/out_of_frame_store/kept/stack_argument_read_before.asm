; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov rax, [rsp + 8]
    mov [rsp + 8], rdi
    ret
