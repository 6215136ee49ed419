; check: --all-exported a.o
;;; a.asm -f win64
global f
section .text
f:
    sub rsp, 24
    call rcx
    add rsp, 24
    ret
