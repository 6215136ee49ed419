; check: --root isr --config abide.toml a.o
; format: elf32
;;; a.asm
bits 32
global isr:function
extern handle
section .text
isr:
    pushad
    cld
    mov ebp, esp
    and esp, -16
    call helper
    mov esp, ebp
    popad
    iretd
helper:
    mov ecx, 5
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr*"]
interrupt = { vector = 33 }
reason = "its gate"
