; check: --all-exported a.o
;;; a.asm -f win64
global f
section .text
f:
    mov [rsp + 8], rcx
    mov [rsp + 32], r9
    mov rax, [rsp + 8]
    add rax, [rsp + 32]
    ret
