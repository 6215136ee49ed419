; check: --all-exported a.o
;;; a.asm -f win64
global f
section .text
f:
    mov [rsp - 8], rcx
    mov rax, [rsp - 8]
    ret
