; check: --all-exported a.o
;;; a.asm -f win64
global by_general_registers
global by_scalar_moves
global by_avx
global whole_and_in_halves
global on_one_way
extern other
section .text
by_general_registers:
    pextrq rax, xmm6, 0
    push rax
    pextrq rax, xmm6, 1
    push rax
    pextrq rax, xmm15, 0
    push rax
    pextrq rax, xmm15, 1
    push rax
    movdqu xmm6, [rcx]
    movdqa xmm15, xmm6
    movdqu [rdx], xmm15
    pop rax
    pinsrq xmm15, rax, 1
    pop rax
    pinsrq xmm15, rax, 0
    pop rax
    pinsrq xmm6, rax, 1
    pop rax
    pinsrq xmm6, rax, 0
    ret
; In its home space.
by_scalar_moves:
    movq [rsp + 8], xmm7
    movhps [rsp + 16], xmm7
    movq r8, xmm8
    movhlps xmm0, xmm8
    movdqu xmm7, [rcx]
    movdqu xmm8, [rcx + 16]
    paddd xmm7, xmm8
    movdqu [rdx], xmm7
    movq xmm7, [rsp + 8]
    movhps xmm7, [rsp + 16]
    movq xmm8, r8
    movlhps xmm8, xmm0
    ret
by_avx:
    vmovq r8, xmm6
    vpextrq r9, xmm6, 1
    vmovq [rsp + 8], xmm7
    vmovhps [rsp + 16], xmm7
    vmovdqu xmm6, [rcx]
    vmovdqu xmm7, [rcx + 16]
    vpaddd xmm6, xmm6, xmm7
    vmovdqu [rdx], xmm6
    vmovq xmm6, r8
    vpinsrq xmm6, xmm6, r9, 1
    vmovq xmm7, [rsp + 8]
    vmovhps xmm7, xmm7, [rsp + 16]
    ret
whole_and_in_halves:
    movq [rsp + 8], xmm6
    movhps [rsp + 16], xmm6
    movups [rsp + 24], xmm7
    movdqu xmm6, [rcx]
    movdqu xmm7, [rcx + 16]
    paddd xmm6, xmm7
    movdqu [rdx], xmm6
    movups xmm6, [rsp + 8]
    movhps xmm7, [rsp + 32]
    movlps xmm7, [rsp + 24]
    ret
; Both ways come to one end, one of them by way of a callee that keeps them.
on_one_way:
    push rbx
    push rbp
    sub rsp, 40
    mov rbx, rdx
    test r8, r8
    jz .done
    movq rbp, xmm6
    pextrq [rsp + 32], xmm6, 1
    movdqu xmm6, [rcx]
    call other
    movdqu [rbx], xmm6
    movq xmm6, rbp
    pinsrq xmm6, [rsp + 32], 1
.done:
    add rsp, 40
    pop rbp
    pop rbx
    ret
