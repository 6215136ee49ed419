; check: --root timer --config abide.toml a.o
;;; abide.toml
[[contract]]
symbols = ["handler"]
interrupt = { vector = 32 }
reason = "idt.rs installs it"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
global timer:function
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
    sub rsp, 2048
    and rsp, -64
    mov eax, 7
    xor edx, edx
    xsave64 [rsp]
    cld
    call timer
    mov eax, 7
    xor edx, edx
    xrstor64 [rsp]
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
timer:
    vmovdqu ymm3, [rel load]
    vmovdqu [rel load], ymm3
    vzeroupper
    ret
section .data
load: times 4 dq 1
