; check: --root f a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .data
table: dq 0
section .text
f:
    mov rcx, rdi
    lea rax, [rel f]
    add rax, [rel table]
    call rax
    mov rax, [rcx]
    ret
