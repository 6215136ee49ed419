; check: --root isr --config abide.toml a.o
; format: elf32
; Restored in the order of their saves.
;;; a.asm
bits 32
global isr:function
section .text
isr:
    push ds
    push es
    push eax
    mov eax, 0x10
    mov ds, eax
    mov es, eax
    pop eax
    pop ds
    pop es
    iretd
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33, user = true }
reason = "its gate"
