; check: --config abide.toml a.o
; example
;;; abide.toml
[[contract]]
symbols = ["handler"]
interrupt = { vector = 14 }
reason = "idt.rs installs it"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
extern timer
section .text
handler:
    push rax
    mov rax, cr2
    mov [rel last], rax
    pop rax
    iretq
section .bss
last: resq 1
