; check: --root isr --config abide.toml a.o
; format: elf32
;;; a.asm
bits 32
global isr:function
extern handle
section .text
isr:
    pushad
    popad
    iretd                       ; the error code is still there
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr*"]
interrupt = { vector = 14 }
reason = "its gate"
