; check: --config abide.toml a.o b.o
;;; abide.toml
[[contract]]
symbols = ["stub_*"]
interrupt = { table = "stubs" }
reason = "idt.rs installs it"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern report
global stub_13:function, stub_14:function, stub_15:function
section .text
stub_13:
    push 13
    jmp shared
stub_14:
    push 14
    jmp shared
stub_15:
    push 0                ; no error code: a zero stands in
    push 15
    jmp shared
shared:
%macro all 1-*
%rep %0
    push %1
%rotate 1
%endrep
%endmacro
%macro back 1-*
%rep %0
%rotate -1
    pop %1
%endrep
%endmacro
    all rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    mov rdi, rsp
    mov rbx, rsp
    and rsp, -16
    cld
    call report
    mov rsp, rbx
    back rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    add rsp, 16
    iretq
section .data
global stubs:data (stubs.end - stubs)
stubs:
    times 13 dq 0
    dq stub_13, stub_14, stub_15
.end:
;;; b.c
int reports;
void report(void) { reports++; }
