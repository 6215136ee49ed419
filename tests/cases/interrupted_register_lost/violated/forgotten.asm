; check: --config abide.toml a.o
; example
;;; abide.toml
[[contract]]
symbols = ["handler"]
interrupt = { vector = 32 }
reason = "idt.rs installs it"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
extern timer
section .text
handler:
    push rax
    push rdx
    mov dx, 0x20
    mov al, dl
    out dx, al
    lea rcx, [rel ticks]
    inc qword [rcx]
    pop rdx
    pop rax
    iretq
section .bss
ticks: resq 1
