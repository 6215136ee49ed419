; check: --all-exported --signatures f.ll a.o
; Of four places each has a register of either kind; a structure of more than 8 bytes is a pointer, one
; of 8 a number; and what a variadic function may be given, it may keep in its home space.
;;; a.asm -f win64
global mixed, structures, variadic
section .text
mixed:
    addsd xmm1, xmm3
    cvtsi2sd xmm0, rcx
    addsd xmm0, xmm1
    cvtsi2sd xmm1, r8
    addsd xmm0, xmm1
    addsd xmm0, [rsp + 40]
    ret
structures:
    mov rax, [rcx + 16]
    add rax, rdx
    ret
variadic:
    mov [rsp + 16], rdx
    mov [rsp + 24], r8
    mov [rsp + 32], r9
    lea rax, [rsp + 16]
    mov rax, [rax + rcx * 8]
    ret
;;; f.ll
declare double @mixed(i64, double, i64, double, double)
declare i64 @structures(ptr, i64)
declare i64 @variadic(i64, ...)
