; check: --root f a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    vmovdqu ymm0, [rsi]
    vmovdqu [rdi], ymm0
    lea rax, [rel f]
    add rax, [rel table]
    jmp rax
section .data
table: dq 0
