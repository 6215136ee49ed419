; check: --config abide.toml a.o
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
    test rax, rax
    jz .null
    pop rax
    add rsp, 8
    iretq
.null:
    add rsp, 16           ; the code, and rax with it
    iretq
