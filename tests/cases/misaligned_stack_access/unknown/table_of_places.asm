; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global one_is_odd:function, in_another:function
section .rodata
even: db 0, 2, 14, 6, 8, 4, 12, 10
odd: db 0, 2, 14, 6, 8, 4, 11, 10
section .text
one_is_odd: ; one of the entries tells a place that is no multiple of 16
    sub rsp, 136
    lea rax, [rel odd]
    xor edx, edx
.next:
    movzx r8d, byte [rax + rdx]
    movaps [rsp + r8*8], xmm0
    inc edx
    cmp dil, [rax + rdx]
    jg .next
    add rsp, 136
    ret

in_another: ; a place inside of one table stands for another: what is read is not in the first
    sub rsp, 136
    lea rax, [rel odd - 2]
    mov edx, 2
.next:
    movzx r8d, byte [rax + rdx]
    movaps [rsp + r8*8], xmm0
    inc edx
    cmp dil, [rax + rdx]
    jg .next
    add rsp, 136
    ret
