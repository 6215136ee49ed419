; check: --root isr --config abide.toml a.o
; format: elf32
; What lds loads is in memory: it may be the selector that was there.
;;; a.asm
bits 32
global isr:function
section .text
isr:
    push esi
    lds esi, [0x1000]
    pop esi
    iretd
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33, user = true }
reason = "its gate"
