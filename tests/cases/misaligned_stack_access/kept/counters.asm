; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global swapped:function, upwards:function, downwards:function
section .text
swapped: ; two rows of the frame take turns
    sub rsp, 280
    mov rcx, rdi
    lea rax, [rsp + 16]
    lea rdx, [rsp + 144]
.row:
    movaps [rax], xmm0
    movaps [rdx + 16], xmm0
    xchg rax, rdx
    dec rcx
    jnz .row
    movaps [rax], xmm1
    add rsp, 280
    ret

upwards: ; an index of 32 bits, of which the low ones are known
    sub rsp, 136
    xor eax, eax
.step:
    movaps [rsp + rax * 2], xmm0
    add eax, 8
    cmp eax, edi
    jl .step
    add rsp, 136
    ret

downwards: ; a frame of variable size, filled from its end
    push rbp
    mov rbp, rsp
    and edi, 0xff
    shl edi, 4
    sub rsp, rdi
.step:
    movaps [rsp + rdi - 16], xmm0
    sub edi, 16
    jg .step
    leave
    ret
