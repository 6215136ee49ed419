; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    push ebp
    mov ebp, esp
    push ebx
    push esi
    push edi
    and esp, -16                ; the old SP is in ebp
    sub esp, 64
    mov esi, [ebp + 8]
    movups xmm0, [esi]
    movaps [esp], xmm0
    call next                   ; the code's own address
next:
    pop ebx
    mov edi, [ebx + table - next]
    lea esp, [ebp - 12]
    pop edi
    pop esi
    pop ebx
    leave
    ret

section .data
table: dd 1
section .note.GNU-stack noalloc noexec nowrite progbits
