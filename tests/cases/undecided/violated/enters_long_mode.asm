; check: --root boot a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global boot:function
extern main
section .text
bits 32
boot:                     ; 32-bit code, and nothing says so
    mov eax, cr4
    or eax, 1 << 5
    mov cr4, eax
    mov eax, cr0
    or eax, 1 << 31
    mov cr0, eax
    push 8
    push long_mode
    retf
bits 64
long_mode:
    call main
    ud2
