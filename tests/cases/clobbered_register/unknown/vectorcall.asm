; check: --all-exported --signatures a.ll a.o
; The convention that it is declared by has no table: nothing is proved, and nothing refuted.
;;; a.asm
global f:function
section .text
f:
    mov eax, ecx
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; a.ll
declare x86_vectorcallcc i32 @f(i32)
