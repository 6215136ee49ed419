; Functions that keep Microsoft's convention in the usual ways: what the bounded test breaks.

default rel
extern callee

; A function's entry among the unwind tables, whose codes follow.
%macro unwound 1
section .pdata rdata align=4
    dd %1 wrt ..imagebase, %1.end wrt ..imagebase, %1_codes wrt ..imagebase
section .xdata rdata align=4
%1_codes:
%endmacro
%define code(offset, operation, number) offset, operation | number << 4

section .text

global saves_by_push
saves_by_push:
    push rdi
.first:
    push rsi
.second:
    sub rsp, 72
.taken:
    movaps [rsp + 32], xmm6
.third:
    movaps [rsp + 48], xmm7
.saved:
    mov rdi, rcx
    mov rsi, rdx
    movq xmm6, rcx
    pxor xmm7, xmm7
    test rdi, rdi
    jz .done
    mov rcx, rsi
    call callee
    add rax, rdi
    paddd xmm7, xmm6
    movq rdi, xmm7
    add rax, rdi
.done:
    movaps xmm6, [rsp + 32]
    movaps xmm7, [rsp + 48]
    add rsp, 72
    pop rsi
    pop rdi
    ret
.end:
unwound saves_by_push
    db 1, saves_by_push.saved - saves_by_push, 7, 0
    db code(saves_by_push.saved - saves_by_push, 8, 7)
    dw 48 / 16
    db code(saves_by_push.third - saves_by_push, 8, 6)
    dw 32 / 16
    db code(saves_by_push.taken - saves_by_push, 2, 8)
    db code(saves_by_push.second - saves_by_push, 0, 6)
    db code(saves_by_push.first - saves_by_push, 0, 7)
    db 0, 0
section .text

; Saves lie in its own home space, and one behind its frame.
global saves_in_home_space
saves_in_home_space:
    mov [rsp + 8], rbx
    mov [rsp + 16], rdi
    sub rsp, 56
.saved:
    mov rbx, rcx
    mov rdi, rdx
    call callee
    lea rax, [rbx + rdi]
    mov rbx, [rsp + 64]
    mov rdi, [rsp + 72]
    add rsp, 56
    ret
.end:
unwound saves_in_home_space
    db 1, saves_in_home_space.saved - saves_in_home_space, 5, 0
    db code(saves_in_home_space.saved - saves_in_home_space, 4, 7)
    dw 72 / 8
    db code(saves_in_home_space.saved - saves_in_home_space, 4, 3)
    dw 64 / 8
    db code(saves_in_home_space.saved - saves_in_home_space, 2, 6)
    db 0, 0
section .text

global saves_wide_vectors
saves_wide_vectors:
    sub rsp, 56
    vmovups [rsp], xmm8
    vmovdqu [rsp + 16], xmm15
    vmovups ymm8, [rcx]
    vpxor xmm15, xmm15, xmm15
    vpaddd ymm8, ymm8, ymm15
    vmovups [rdx], ymm8
    vmovups xmm8, [rsp]
    vmovdqu xmm15, [rsp + 16]
    vzeroupper
    add rsp, 56
    ret

global has_scratch_only
has_scratch_only:
    mov r10, rcx
    mov r11, rdx
    lea rax, [r10 + r11]
    movq xmm0, rax
    paddd xmm0, xmm5
    movups [r8], xmm0
    ret
