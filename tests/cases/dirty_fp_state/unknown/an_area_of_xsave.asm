; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov eax, -1
    mov edx, eax
    xrstor [rdi]
    ret
