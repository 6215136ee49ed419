; example
; example
; check: --all-exported a.o
;;; a.asm -f win64
global f
extern g
section .text
f:
    push rbx
    mov rbx, rcx
    call g
    add rax, rbx
    pop rbx
    ret
