; Which way is taken depends on words that are compared in vector registers: a run computes them.
; check: --root f a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    movdqu xmm0, [rdi]
    movdqu xmm1, [rsi]
    pcmpgtw xmm0, xmm1
    pmovmskb eax, xmm0
    test eax, eax
    jz .done
    xor ebx, ebx
.done:
    ret
