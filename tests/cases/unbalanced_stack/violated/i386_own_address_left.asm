; check: --all-exported a.o
; format: elf32
; The address that the call pushed is read and not popped, so that the return takes the saved ebx.
;;; a.asm
bits 32
global f:function
section .text
f:
    push ebx
    call .here
.here:
    mov ebx, [esp]
    mov eax, [ebx + table - .here]
    pop ebx
    ret
table: dd 1
section .note.GNU-stack noalloc noexec nowrite progbits
