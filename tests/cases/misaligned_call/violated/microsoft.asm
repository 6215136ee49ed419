; check: --all-exported a.o
;;; a.asm -f win64
global f
extern g
section .text
f:
    sub rsp, 32
    call g
    add rsp, 32
    ret
