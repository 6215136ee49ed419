; check: --config abide.toml a.o
;;; abide.toml
[[contract]]
symbols = ["timer"]
interrupt = { vector = 32 }
reason = "idt.rs installs it"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global timer:function
section .text
timer:
    push rax
    mov al, 0x20
    out 0x20, al
    pop rax
    iretq

; swap(rdi, rsi): exchanges two words, with a place below SP to keep one.
swap:
    mov rax, [rdi]
    mov [rsp - 8], rax
    mov rax, [rsi]
    mov [rdi], rax
    mov rax, [rsp - 8]
    mov [rsi], rax
    ret
