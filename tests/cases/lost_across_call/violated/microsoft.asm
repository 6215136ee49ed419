; check: --all-exported a.o
;;; a.asm -f win64
global f
extern g
section .text
; rdi and rsi are preserved, r8 is not.
f:
    push rdi
    sub rsp, 32
    mov rdi, rcx
    mov r8, rdx
    call g
    mov [rdi], eax
    mov [r8], eax
    add rsp, 32
    pop rdi
    ret
