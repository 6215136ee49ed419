; check: --all-exported a.o
;;; a.asm -f win64
global f
section .text
f:
    movq [rsp + 8], xmm6
    movdqu xmm6, [rcx]
    movdqu [rdx], xmm6
    movq xmm6, [rsp + 8]
    ret
