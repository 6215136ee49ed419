; example
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push rbx
    test edi, edi
    jz .out
    pop rbx
.out:
    ret
