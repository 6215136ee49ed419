; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    fld qword [rdi]
    fld qword [rdi+8]
    fld qword [rdi+16]
    fld st0
    fld1
    faddp
    fstp qword [rsi]
    ret
