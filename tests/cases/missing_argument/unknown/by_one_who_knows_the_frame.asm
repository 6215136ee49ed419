; check: --all-exported --signatures g.ll a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
extern fill
extern g
section .text
; The callee is handed where the argument will be, and may set it.
f:
    sub rsp, 24
    mov rdi, rsp
    call fill
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
