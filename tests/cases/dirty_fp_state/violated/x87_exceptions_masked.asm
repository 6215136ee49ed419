; `fnstenv` stores the environment, and masks all exceptions then: a caller that had some told of is
; not told of them any more.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    fnstenv [rdi]
    stmxcsr [rdi+28]
    xor eax, eax
    ret
