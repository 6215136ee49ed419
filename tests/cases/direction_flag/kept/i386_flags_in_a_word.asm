; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
section .text
; What was pushed comes back.
global f:function
f:
    push edi
    pushfd
    mov edi, [esp + 12]
    mov ecx, 4
    xor eax, eax
    std
    rep stosd
    popfd
    pop edi
    ret
; Whether there is `cpuid`: ID can be changed, DF stays.
global g:function
g:
    pushfd
    pop eax
    mov ecx, eax
    xor eax, 1 << 21
    push eax
    popfd
    pushfd
    pop eax
    xor eax, ecx
    ret
; 16 bits of the flags have DF.
global h:function
h:
    pushfd
    std
    popfw
    lea esp, [esp + 2]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
