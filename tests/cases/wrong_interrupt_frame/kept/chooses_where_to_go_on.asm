; check: --config abide.toml a.o
;;; abide.toml
[[contract]]
symbols = ["handler"]
interrupt = { vector = 6 }
reason = "idt.rs installs it"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
extern timer
section .text
handler:
    add qword [rsp], 2    ; over the `ud2`
    iretq
