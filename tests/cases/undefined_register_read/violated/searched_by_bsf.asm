; What is searched decides the number of the bit: that is garbage for sure.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    bsf r10, r11
    mov rax, [rdi+r10*8]
    ret
