; check: --root isr --config abide.toml a.o
; format: elf32
;;; a.asm
bits 32
global isr:function
extern handle
section .text
isr:
    push eax
    mov dx, 0x60
    in al, dx
    pop eax
    iretd
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr*"]
interrupt = { vector = 33 }
reason = "its gate"
