; `fnstenv` and `fnsave` change the control word, and it is loaded again.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function, g:function
section .text
f:
    fnstcw [rsp-2]
    fnstenv [rdi]
    fldcw [rsp-2]
    ret
g:
    fnstcw [rsp-2]
    fnsave [rdi]
    fldcw [rsp-2]
    ret
