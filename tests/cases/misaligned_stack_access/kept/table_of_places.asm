; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .rodata
bounds: dw 11, 44, 90, 32767
places: db 0, 2, 14, 6, 8, 4, 12, 10 ; halves of blocks of 16 bytes: all even
section .text
f: ; what the data bound, not the index, is a place of the frame that a table tells
    sub rsp, 136
    lea rax, [rel places]
    lea rcx, [rel bounds]
    xor edx, edx
.next:
    movzx r8d, word [rax + rdx]
    movzx r9d, r8b
    shr r8d, 8
    movaps [rsp + r9*8], xmm0
    movaps [rsp + r8*8], xmm0
    add edx, 2
    cmp di, [rcx + rdx - 2]
    jg .next
    add rsp, 136
    ret
