; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    push esi
    sub esp, 8
    mov esi, [esp + 16]
    call g
    mov eax, [esi]
    add esp, 8
    pop esi
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
