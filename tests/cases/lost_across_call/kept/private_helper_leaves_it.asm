; check: --root f a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
helper:
    inc rax
    ret
f:
    mov rcx, rdi
    call helper
    mov rax, [rcx]
    ret
