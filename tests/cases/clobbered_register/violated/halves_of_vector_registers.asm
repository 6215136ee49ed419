; check: --all-exported a.o
;;; a.asm -f win64
global swapped
global one_missing
global of_another
section .text
; What was pushed last comes back first.
swapped:
    pextrq rax, xmm6, 0
    push rax
    pextrq rax, xmm6, 1
    push rax
    movdqu xmm6, [rcx]
    movdqu [rdx], xmm6
    pop rax
    pinsrq xmm6, rax, 0
    pop rax
    pinsrq xmm6, rax, 1
    ret
one_missing:
    movhps [rsp + 8], xmm7
    movdqu xmm7, [rcx]
    movdqu [rdx], xmm7
    movhps xmm7, [rsp + 8]
    ret
of_another:
    movq [rsp + 8], xmm8
    movhps [rsp + 16], xmm9
    movdqu xmm8, [rcx]
    movdqu [rdx], xmm8
    movups xmm8, [rsp + 8]
    ret
