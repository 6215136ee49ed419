; The slots of two saves overlap: what is restored is half of one and half of the other.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    sub rsp, 24
    mov [rsp + 16], rbx
    mov [rsp + 12], r12
    mov rbx, rdi
    mov r12, rsi
    lea rax, [rbx + r12]
    mov r12, [rsp + 12]
    mov rbx, [rsp + 16]
    add rsp, 24
    ret
