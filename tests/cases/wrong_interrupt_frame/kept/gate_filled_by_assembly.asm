; check: a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global init:function
section .text

; init(): a gate for each stub, by a loop over their addresses; then the table is loaded.
init:
    lea rsi, [rel stubs]
    lea rdi, [rel gates]
    mov ecx, 32
.next:
    mov rax, [rsi]
    test rax, rax
    jz .absent
    mov [rdi], ax
    mov word [rdi + 2], 8
    mov word [rdi + 4], 0x8e00
    shr rax, 16
    mov [rdi + 6], ax
    shr rax, 16
    mov [rdi + 8], eax
.absent:
    add rsi, 8
    add rdi, 16
    loop .next
    lidt [rel pointer]
    ret

divide_error:
    iretq

page_fault:
    add rsp, 8
    iretq

section .data
    align 8
stubs:
    dq divide_error
    times 13 dq 0
    dq page_fault
    times 17 dq 0
pointer:
    dw 32 * 16 - 1
    dq gates

section .bss
    align 16
gates: resb 32 * 16
