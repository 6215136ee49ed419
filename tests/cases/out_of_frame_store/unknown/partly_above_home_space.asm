; The last four bytes lie above the home space.
; check: --all-exported a.o
;;; a.asm -f win64
global f
section .text
f:
    mov [rsp + 36], rcx
    ret
