; check: --root boot --config own.toml a.o
;;; own.toml
[[code]]
symbols = ["boot"]
bits = 16
reason = "the BIOS starts it in real mode"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global boot:function
section .text
bits 16
boot:
    xor ax, ax
    mov ss, ax
    push ax
    push cx
    pop bx
    hlt
