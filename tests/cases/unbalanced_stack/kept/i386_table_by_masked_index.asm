; OpenSSL's way out of its modes by blocks of 8: the bytes that are left choose an entry, and none is the first.
; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
section .text
global f:function
f:
    push ebp
    push ebx
    mov ebp, [esp + 12]
    and ebp, 7
    jz .out
    call .pic
.pic:
    pop edx
    lea ecx, [edx + (.table - .pic)]
    mov ebp, [ecx + ebp*4]
    add ebp, edx
    xor ecx, ecx
    xor edx, edx
    jmp ebp
.e7: mov dh, 1
    shl edx, 8
.e6: mov dh, 2
.e5: mov dl, 3
.e4: mov ecx, 1
    jmp .on
.e3: mov ch, 3
    shl ecx, 8
.e2: mov ch, 1
.e1: mov cl, 1
.on:
    xor eax, ecx
    xor eax, edx
.out:
    pop ebx
    pop ebp
    ret
align 64
.table: dd 0, .e1-.pic, .e2-.pic, .e3-.pic, .e4-.pic, .e5-.pic, .e6-.pic, .e7-.pic
section .note.GNU-stack noalloc noexec nowrite progbits
