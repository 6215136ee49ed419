; check: --root isr --config abide.toml a.o
; format: elf32
; The segment registers are saved by way of eax, and eax before that is not.
;;; a.asm
bits 32
global isr:function
section .text
isr:
    mov eax, ds
    push eax
    mov ax, 0x10
    mov ds, ax
    pop eax
    mov ds, ax
    iretd
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33 }
reason = "its gate"
