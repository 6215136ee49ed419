; check: --root isr --config abide.toml a.o
; Nothing brings fs back, nor the base that goes with it. 64-bit code addresses nothing by ds and es.
;;; a.asm
global isr:function
section .text
isr:
    push rax
    xor eax, eax
    mov fs, eax
    mov eax, 0x10
    mov ds, eax
    mov es, eax
    pop rax
    iretq
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33 }
reason = "its gate"
