; check: --config abide.toml a.o
;;; abide.toml
[[contract]]
symbols = ["handler"]
interrupt = {  }
reason = "idt.rs installs it"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
extern timer
section .text
handler:
    push rax
    mov al, 0x20
    out 0x20, al
    pop rax
    iretq
