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
    sub rsp, 512
    and rsp, -16
    fxsave64 [rsp]
    fninit
    ldmxcsr [rel usual]
    cld
    call timer
    fxrstor64 [rsp]
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
    movq xmm3, [rel load]
    paddq xmm3, xmm3
    movq [rel load], xmm3
    ret
section .data
load: dq 1
section .rodata
usual: dd 0x1f80
