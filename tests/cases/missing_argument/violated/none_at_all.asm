; example
; check: --all-exported --signatures g.ll a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
extern g
section .text
f:
    sub rsp, 24
    mov edi, 1
    mov esi, 2
    mov edx, 3
    mov ecx, 4
    mov r8d, 5
    mov r9d, 6
    call g
    add rsp, 24
    ret
;;; g.ll
declare void @g(i64, i64, i64, i64, i64, i64, i64)
