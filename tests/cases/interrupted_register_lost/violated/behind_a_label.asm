; check: --config abide.toml a.o
;;; abide.toml
[[contract]]
symbols = ["handler"]
interrupt = { vector = 32 }
reason = "idt.rs installs it"

[[contract]]
symbols = ["tick"]
root = true
reason = "others call it by the convention"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
global tick
section .text
handler:
    push rax
    push rcx
    push rdx
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    cld
    call tick
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rax
    iretq

tick:
    inc qword [rel ticks]
; Another entry, into which the one above runs on.
count:
    cvtsi2sd xmm5, [rel ticks]
    ret

section .bss
ticks: resq 1
