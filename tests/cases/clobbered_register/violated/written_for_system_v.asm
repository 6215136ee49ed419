; check: --all-exported a.o
;;; a.asm -f win64
global f
section .text
f:
    movdqu xmm6, [rcx]
    paddd xmm6, [rdx]
    movdqu [r8], xmm6
    mov rdi, rcx
    mov rsi, rdx
    lea rax, [rdi + rsi]
    ret
