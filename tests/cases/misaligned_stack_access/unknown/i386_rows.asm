; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global row:function
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
row: ; the counter steps by less than an access takes
    push esi
    sub esp, 520
    mov esi, [esp + 528]
    lea eax, [esp + esi * 2]
    neg esi
.step:
    movaps [eax + esi * 2], xmm0
    add esi, 4
    jl .step
    add esp, 520
    pop esi
    ret
