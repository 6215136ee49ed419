; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern g
global f:function
section .text
; Set anew, by what does not read it; in part, where the rest is not asked for.
f:
    push rbx
    mov rbx, rdi
    sub rsp, 16
    movups [rsp], xmm6
    call g
    pxor xmm7, xmm7
    pcmpeqd xmm8, xmm8
    psubd xmm7, xmm8
    cvtsi2ss xmm9, eax
    addss xmm9, xmm9
    movss [rbx], xmm9
    movups [rbx+16], xmm7
    punpcklwd xmm10, xmm7
    psrad xmm10, 16
    movups [rbx+32], xmm10
    movups [rbx+48], xmm0
    movups xmm6, [rsp]
    movups [rbx+64], xmm6
    movaps xmm12, xmm11
    add rsp, 16
    pop rbx
    ret
