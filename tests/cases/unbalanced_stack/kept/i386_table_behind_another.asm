; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .note.GNU-stack noalloc noexec nowrite progbits
section .rodata
wide: ; whole distances, which the linker fills in, end where the narrow ones begin
    dd f.one - $
    dd f.two - $
narrow: ; nothing names it: its index is never 0
    dw f.one - f.base, f.two - f.base
others:
    dw 3, 5
section .text
f:
    push ebx
    call .here
.here:
    pop ebx
    add ebx, .base - .here
.base:
    mov eax, [esp + 8]
    tzcnt eax, eax
    movzx eax, word [ebx + eax * 2 + narrow - 2 - .base]
    add eax, ebx
    jmp eax
.one:
    pop ebx
    xor eax, eax
    ret
.two:
    pop ebx
    ret
