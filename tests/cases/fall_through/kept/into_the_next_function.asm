; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
global g:function
section .text
f:
    xor edi, edi
g:
    lea eax, [rdi + 1]
    ret
