; check: --all-exported --signatures g.ll a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global pushed:function
global stored:function
global aligned:function
global on_both:function
extern g
section .text
pushed:
    mov edi, 1
    mov esi, 2
    mov edx, 3
    mov ecx, 4
    mov r8d, 5
    mov r9d, 6
    push 7
    call g
    pop rax
    ret
stored:
    sub rsp, 8
    mov dword [rsp], 7
    mov dword [rsp + 4], 0
    mov edi, 1
    mov esi, 2
    mov edx, 3
    mov ecx, 4
    mov r8d, 5
    mov r9d, 6
    call g
    add rsp, 8
    ret
aligned:
    push rbp
    mov rbp, rsp
    and rsp, -16
    sub rsp, 16
    movups [rsp], xmm0
    mov edi, 1
    mov esi, 2
    mov edx, 3
    mov ecx, 4
    mov r8d, 5
    mov r9d, 6
    call g
    leave
    ret
on_both:
    sub rsp, 8
    test edi, edi
    jz .other
    mov [rsp], rsi
    jmp .go
.other:
    mov qword [rsp], 0
.go:
    mov edi, 1
    mov esi, 2
    mov edx, 3
    mov ecx, 4
    mov r8d, 5
    mov r9d, 6
    call g
    add rsp, 8
    ret
;;; g.ll
declare void @g(i64, i64, i64, i64, i64, i64, i64)
