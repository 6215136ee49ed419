; example
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    sub rsp, 16
    movaps [rsp], xmm0
    add rsp, 16
    ret
