; check: a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global scale:function
section .text
scale:
    shufps xmm0, xmm0, 0
    pxor xmm2, xmm2
    pcmpeqd xmm3, xmm3
    xorps xmm4, xmm4
    movups xmm5, [rdi]
    mulps xmm5, xmm0
    addps xmm5, xmm1
    maxps xmm5, xmm2
    andps xmm5, xmm3
    subps xmm5, xmm4
    movups [rdi], xmm5
    ; What is only handed on in the frame, or moved and never used, decides nothing.
    movups [rsp - 24], xmm6
    movaps xmm8, xmm7
    ret
;;; c.c -O1
#include <xmmintrin.h>
extern void scale(float *to, float by, __m128 and);
void caller(float *to, float by, __m128 and) { scale(to, by, and); }
