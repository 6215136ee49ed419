; check: --root isr --config abide.toml a.o
; format: elf32
; One selector saved for all, by way of ax, as kernels of tutorials do.
;;; a.asm
bits 32
global isr:function
section .text
isr:
    pushad
    mov ax, ds
    push eax
    mov ax, 0x10
    mov ds, ax
    pop eax
    mov ds, ax
    popad
    iretd
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33, user = true }
reason = "its gate"
