; What an argument counts in words is taken to be even, or a multiple of four: their frame is aligned.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global two_rows:function, in_bytes_and_back:function, moves_its_stack:function, of_32_bytes:function
section .text
two_rows: ; the second lies behind the first, and is filled to its end
    push rbp
    mov rbp, rsp
    and edi, 63
    shl rdi, 3
    sub rsp, 1024
    and rsp, -64
    lea rdx, [rsp + rdi]
    mov rcx, rdi
    neg rcx
.next:
    movaps [rdx], xmm0
    add rdx, 16
    add rcx, 16
    jl .next
    leave
    ret

in_bytes_and_back:
    push rbp
    mov rbp, rsp
    and rsp, -64
    sub rsp, 1024
    and edi, 63
    shl rdi, 8
    add rsi, rdi
    shr rdi, 5
    movaps [rsp + rdi + 16], xmm0
    leave
    ret

moves_its_stack:
    push rbp
    mov rbp, rsp
    and edi, 63
    shl rdi, 3
    sub rsp, rdi
    movaps [rsp - 16], xmm0
    leave
    ret

of_32_bytes:
    push rbp
    mov rbp, rsp
    and rsp, -64
    sub rsp, 1024
    and edi, 63
    vmovaps [rsp + rdi*8 + 32], ymm0
    vzeroupper
    leave
    ret
