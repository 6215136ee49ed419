; example
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push r12
    mov r12, rdi
    cmp esi, 77
    jne .out
    add rsp, 8
    ret
.out:
    pop r12
    ret
