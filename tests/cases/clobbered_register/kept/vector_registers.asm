; check: --all-exported a.o
;;; a.asm -f win64
global f
global g
global h
extern other
section .text
; By legacy instructions, in the frame.
f:
    sub rsp, 40
    movaps [rsp], xmm6
    movups [rsp + 16], xmm15
    movdqu xmm6, [rcx]
    movdqa xmm15, xmm6
    paddd xmm15, xmm6
    movdqu [rdx], xmm15
    movaps xmm6, [rsp]
    movups xmm15, [rsp + 16]
    add rsp, 40
    ret
; By AVX, in its home space; what is above 128 bits its caller does not expect back.
g:
    vmovdqu [rsp + 8], xmm7
    vmovdqu ymm7, [rcx]
    vmovdqu [rdx], ymm7
    vmovdqu xmm7, [rsp + 8]
    vzeroupper
    ret
; Its callee keeps them for it.
h:
    sub rsp, 56
    movaps [rsp + 32], xmm6
    movdqu xmm6, [rcx]
    call other
    movdqu [rax], xmm6
    movaps xmm6, [rsp + 32]
    add rsp, 56
    ret
