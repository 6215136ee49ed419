; check: --root isr --config abide.toml a.o
; format: elf32
; Helpers save and restore them: the segments of what is interrupted come back.
;;; a.asm
bits 32
global isr:function
section .text
isr:
    push eax
    push es
    call load
    call work
    pop es
    pop eax
    iretd
load:
    mov eax, 0x10
    mov es, eax
    ret
work:
    mov word [es:0xb8000], 0x0741
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33, user = true }
reason = "its gate"
