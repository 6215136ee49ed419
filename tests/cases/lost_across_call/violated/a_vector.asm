; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern g
global f:function
section .text
f:
    push rbx
    mov rbx, rdi
    movups xmm6, [rsi]
    call g
    movups [rbx], xmm6
    pop rbx
    ret
