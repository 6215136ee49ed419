; check: --all-exported --signatures g.ll a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
extern g
section .text
f:
    mov edi, 1
    jmp g wrt ..plt
;;; g.ll
declare void @g(i64, i64, i64, i64, i64, i64, i64)
declare void @f(i64, i64, i64, i64, i64, i64, i64)
