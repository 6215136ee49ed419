; check: --config abide.toml a.o b.o
;;; abide.toml
[[contract]]
symbols = ["timer"]
interrupt = { vector = 32, own_stack = false }
reason = "idt.rs installs it, on the stack that is in use"
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

; probe(): reads below SP, and relies on nothing that it finds there.
probe:
    mov rax, [rsp - 8]
    xor eax, eax
    ret
;;; b.c -mno-red-zone
int mean(int a, int b) {
    int sum = a + b;
    return sum / 2;
}
