; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    xor eax, eax
    test rbx, rbx
    jz .out
    inc eax
.out:
    ret
