; check: --all-exported a.o
;;; a.asm -f win64
global f
extern g
section .text
; The callee's home space is where the register is saved.
f:
    sub rsp, 40
    mov [rsp + 8], rbx
    mov rbx, rcx
    call g
    add rax, rbx
    mov rbx, [rsp + 8]
    add rsp, 40
    ret
