; check: --root isr --config abide.toml a.o
; format: elf32
; As kernels do: all general registers, then the data segments, and the kernel's in their place.
;;; a.asm
bits 32
global isr:function
section .text
isr:
    pushad
    push ds
    push es
    push fs
    push gs
    mov ax, 0x10
    mov ds, ax
    mov es, ax
    pop gs
    pop fs
    pop es
    pop ds
    popad
    iretd
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33 }
reason = "its gate"
