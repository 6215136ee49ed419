; check: --all-exported a.o
;;; a.asm -f win64
global f
section .text
f:
    mov [rsp + 40], rcx
    ret
