; check: --root f a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern qsort
global f:function
section .text
compare:                  ; called back by qsort, so it owes it rbx
    mov ebx, [rdi]
    sub ebx, [rsi]
    mov eax, ebx
    ret
f:
    sub rsp, 8
    mov edx, 4
    lea rcx, [rel compare]
    call qsort
    add rsp, 8
    ret
