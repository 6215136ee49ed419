; check: --config abide.toml a.o
;;; abide.toml
[[contract]]
symbols = ["handler"]
interrupt = { vectors = [13, 14] }
reason = "idt.rs installs it"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
extern timer
section .text
handler:
    add rsp, 8
    iretq
