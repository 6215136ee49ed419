; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global row:function, rows:function
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
row: ; a row of the frame, filled from its end by a counter that comes up to zero
    push esi
    sub esp, 520
    mov esi, [esp + 528]
    lea eax, [esp + esi * 2]
    neg esi
.step:
    movaps [eax + esi * 2], xmm0
    add esi, 8
    jl .step
    add esp, 520
    pop esi
    ret

rows: ; its width is kept in place of an argument, which no index of the row reaches
    push esi
    push edi
    sub esp, 1044
    mov esi, [esp + 1056]
    mov edi, [esp + 1060]
    lea eax, [esp + 16 + esi]
    mov [esp + 12], eax
    neg esi
    mov [esp + 1056], esi
.row:
    mov esi, [esp + 1056]
    mov eax, [esp + 12]
.step:
    movaps xmm0, [eax + esi]
    movaps [eax + esi], xmm1
    movups [edi], xmm0
    add edi, 16
    add esi, 16
    jl .step
    dec dword [esp + 1064]
    jnz .row
    add esp, 1044
    pop edi
    pop esi
    ret
