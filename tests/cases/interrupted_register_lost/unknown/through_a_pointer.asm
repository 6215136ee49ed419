; check: --config abide.toml a.o b.o
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
    push rbp
    mov rbp, rsp
    push rax
    push rcx
    push rdx
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    sub rsp, 512
    and rsp, -16
    cld
    call timer
    lea rsp, [rbp - 72]
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rax
    pop rbp
    iretq
;;; b.c
double load;
static void halve(void) { load = load / 2; }
void (*volatile todo)(void) = halve;
void timer(void) { todo(); }
