; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    xor r11, r11
    sbb r9, r9
    mov rax, [rdi + r11]
    ret
