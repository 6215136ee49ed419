; example
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern helper
global f:function
section .text
f:
    mov rcx, rdi
    sub rsp, 8
    call helper
    add rsp, 8
    mov rax, [rcx]
    ret
