; check: --entry start start.o
;;; start.asm
extern hook:weak
global start:function
start:
    mov rax, hook
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
