; check: --root boot a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global boot:function
extern main
section .text
bits 32
boot:                     ; 32-bit code, and nothing says so
    mov esp, stack
    lgdt [pointer]
    jmp 8:long_mode
bits 64
long_mode:
    call main
    ud2
section .rodata
gdt:
    dq 0, 0x00209a0000000000
pointer:
    dw $ - gdt - 1
    dq gdt
section .bss
    resb 4096
stack:
