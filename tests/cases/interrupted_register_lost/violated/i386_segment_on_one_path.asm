; check: --root isr --config abide.toml a.o
; format: elf32
; The short way leaves the kernel's segment behind.
;;; a.asm
bits 32
global isr:function
section .text
isr:
    push eax
    push ds
    mov eax, 0x10
    mov ds, eax
    cmp dword [busy], 0
    je .short
    pop ds
    pop eax
    iretd
.short:
    add esp, 4
    pop eax
    iretd
section .bss
busy: resd 1
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33, user = true }
reason = "its gate"
