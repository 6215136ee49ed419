; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f: ; a tail is shared by way of a register, and what each user of it keeps differs
    sub rsp, 40
    mov rsi, [rdi]
    lea r8, [rel .halfway]
    jmp shared
.halfway:
    lea rsi, [rsp + 16]
    lea r8, [rel .end]
    jmp shared
.end:
    movaps [rsi], xmm0
    add rsp, 40
    ret

shared:
    pxor xmm0, xmm0
    jmp r8
