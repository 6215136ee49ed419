; check: --root isr --config abide.toml a.o
; Saved by way of rax, since 64-bit code cannot push them.
;;; a.asm
global isr:function
section .text
isr:
    push rax
    push rcx
    mov eax, ds
    mov ecx, es
    push rax
    push rcx
    mov eax, 0x10
    mov ds, eax
    mov es, eax
    pop rcx
    pop rax
    mov ds, eax
    mov es, ecx
    pop rcx
    pop rax
    iretq
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33 }
reason = "its gate"
