; check: --root isr --config abide.toml a.o
; The selector comes back, and with it the base of its descriptor: a program may have had another.
;;; a.asm
global isr:function
section .text
isr:
    push rax
    push fs
    mov eax, 0x30
    mov fs, eax
    pop fs
    pop rax
    iretq
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33 }
reason = "its gate"
