; check: a.o b.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global init:function
section .text

; init(): the gate of vector 33 names no interrupt stack.
init:
    lea rax, [rel keyboard]
    lea rdi, [rel gates + 33 * 16]
    mov [rdi], ax
    mov word [rdi + 2], 8
    mov word [rdi + 4], 0x8e00
    shr rax, 16
    mov [rdi + 6], ax
    shr rax, 16
    mov [rdi + 8], eax
    lidt [rel pointer]
    ret

keyboard:
    push rax
    in al, 0x60
    mov al, 0x20
    out 0x20, al
    pop rax
    iretq

section .data
pointer:
    dw 34 * 16 - 1
    dq gates

section .bss
    align 16
gates: resb 34 * 16
;;; b.c
void init(void);

int mean(int a, int b) {
    int sum = a + b;
    return sum / 2;
}

void start(void) {
    init();
}
