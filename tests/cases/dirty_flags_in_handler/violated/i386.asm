; check: --root isr --config abide.toml a.o
; format: elf32
;;; a.asm
bits 32
global isr:function
extern handle
section .text
isr:
    pushad
    mov ebp, esp
    and esp, -16
    call handle
    mov esp, ebp
    popad
    iretd
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr*"]
interrupt = { vector = 33 }
reason = "its gate"
