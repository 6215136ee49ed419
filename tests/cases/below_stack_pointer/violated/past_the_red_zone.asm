; example
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov [rsp - 200], rdi
    mov rax, [rsp - 200]
    ret
