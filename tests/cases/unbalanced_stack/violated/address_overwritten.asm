; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    sub rsp, 24
    mov [rsp + 24], rdi
    add rsp, 24
    ret
