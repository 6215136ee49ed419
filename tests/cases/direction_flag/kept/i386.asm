; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    push edi
    mov edi, [esp + 8]
    mov ecx, 4
    xor eax, eax
    std
    rep stosd
    cld
    pop edi
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
