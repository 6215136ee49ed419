; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    movq xmm5, rbx
    mov rbx, rdi
    lea rax, [rbx + 1]
    movq rbx, xmm5
    ret
