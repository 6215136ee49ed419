; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
extern g
f:
    sub rsp, 8
    vbroadcastss ymm1, [rsi]
    vmovups [rdi], ymm1
    call g
    vzeroupper
    add rsp, 8
    ret
