; One argument is read, and two words are written.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global f:function
f:
    mov rax, [rsp + 8]
    movups [rsp + 8], xmm0
    ret
