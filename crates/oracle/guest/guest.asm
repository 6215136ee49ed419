; A guest that runs one instruction after another at the highest privilege.
;
; What is to be run lies in its memory, which the host shares: jobs of STRIDE bytes at JOBS, each
; with the states and the memory of a case and with code. Offsets come from the host, and where
; the page tables (PAGES) are.

%define STACK 0x300000
%define TRAPS 0x310000          ; the stack of exceptions
%define SELECTOR_CODE 0x08
%define SELECTOR_DATA 0x10
%define SELECTOR_TASK 0x18

org 0x100000
bits 32

header:                         ; Multiboot, with addresses instead of an ELF file
    dd 0x1badb002, 0x00010000, -(0x1badb002 + 0x00010000)
    dd header, header, 0, 0, start

start:
    mov esp, STACK
    ; Identity, 2 MiB a page.
    mov edi, PAGES
    mov ecx, 3 * 1024
    xor eax, eax
    cld
    rep stosd
    mov dword [PAGES], PAGES + 0x1007
    mov dword [PAGES + 0x1000], PAGES + 0x2007
    mov ecx, 512
    mov edi, PAGES + 0x2000
    mov eax, 0x87
.page:
    mov [edi], eax
    add eax, 0x200000
    add edi, 8
    loop .page
    mov eax, PAGES
    mov cr3, eax
    mov eax, CONTROL_4
    mov cr4, eax
    mov ecx, 0xc0000080         ; EFER: SCE, LME, NXE
    mov eax, 0x901
    xor edx, edx
    wrmsr
    mov eax, CONTROL_0
    mov cr0, eax
    lgdt [descriptors.pointer]
    jmp SELECTOR_CODE:wide

bits 64
default rel

; The host aims code at these two addresses.
times 0x200 - ($ - $$) db 0
next:
    mov qword [ending], 1
    jmp leave_run
times 0x240 - ($ - $$) db 0
landing:
    mov qword [ending], 2
    jmp leave_run

wide:
    mov rsp, STACK
    ; The exceptions' gates, all on a stack of their own.
    mov rdi, gates
    mov rax, stubs
    mov ecx, 256
.gate:
    mov [rdi], ax
    mov dword [rdi + 2], 0x8e010000 + SELECTOR_CODE
    mov edx, eax
    shr edx, 16
    mov [rdi + 6], dx
    mov qword [rdi + 8], 0
    add rax, 16
    add rdi, 16
    loop .gate
    ; The timer alone interrupts, so that `hlt` ends.
    mov al, 0x11
    out 0x20, al
    out 0xa0, al
    mov al, 32
    out 0x21, al
    mov al, 40
    out 0xa1, al
    mov al, 4
    out 0x21, al
    mov al, 2
    out 0xa1, al
    mov al, 1
    out 0x21, al
    out 0xa1, al
    mov al, 0xfe
    out 0x21, al
    mov al, 0xff
    out 0xa1, al
    mov al, 0x34
    out 0x43, al
    mov al, 0xa9                ; 1193 ticks: a millisecond
    out 0x40, al
    mov al, 0x04
    out 0x40, al

; JOBS begins with how many there are, and which is next.
jobs:
    mov rbx, JOBS
    mov rax, [rbx + 8]
    cmp rax, [rbx]
    jae .done
    inc qword [rbx + 8]
    imul rax, rax, STRIDE
    lea rbx, [rbx + rax + 4096]
    call settle
    cld
    lea rsi, [rbx + MEMORY]
    mov edi, SCRATCH
    mov ecx, SCRATCH_SIZE
    rep movsb
    lea rsi, [rbx + CODE_FROM]
    mov edi, CODE
    mov ecx, CODE_SIZE
    rep movsb
    push rbx
    call run
    pop rbx
    call settle
    cld
    lea rdi, [rbx + MEMORY]
    mov esi, SCRATCH
    mov ecx, SCRATCH_SIZE
    rep movsb
    ; Last, so that a job that QEMU ends in the midst of has no ending.
    mov rax, [ending]
    mov [rbx + AFTER + ENDING], rax
    jmp jobs
.done:
    mov dx, 0xf4                ; QEMU's isa-debug-exit
    xor eax, eax
    out dx, al
.halt:
    cli
    hlt
    jmp .halt

; Makes the machine as it was: a job may have changed any of this.
settle:
    mov eax, CONTROL_0
    mov cr0, rax
    mov eax, CONTROL_4
    mov cr4, rax
    mov eax, PAGES
    mov cr3, rax
    xor eax, eax
    mov dr7, rax
    mov dr6, rax
    lgdt [descriptors.pointer]
    lidt [gates.pointer]
    mov byte [descriptors.task + 5], 0x89
    mov ax, SELECTOR_TASK
    ltr ax
    mov eax, SELECTOR_DATA
    mov ds, eax
    mov es, eax
    mov ss, eax
    xor eax, eax
    mov fs, eax
    mov gs, eax
    mov rax, FS_BASE
    wrfsbase rax
    mov rax, GS_BASE
    wrgsbase rax
    xor ecx, ecx
    mov eax, 7
    xor edx, edx
    xsetbv
    sti
    ret

; Runs the job at rbx.
run:
    mov [host_stack], rsp
    mov [job], rbx
    mov qword [ending], 0
    lea rdi, [rbx + BEFORE]
    mov eax, 7
    xor edx, edx
    xrstor64 [rdi]
    push qword [rdi + FLAGS]
    popfq
    mov rax, [rdi + GENERAL]
    mov rcx, [rdi + GENERAL + 8]
    mov rdx, [rdi + GENERAL + 16]
    mov rbx, [rdi + GENERAL + 24]
    mov rsp, [rdi + GENERAL + 32]
    mov rbp, [rdi + GENERAL + 40]
    mov rsi, [rdi + GENERAL + 48]
    mov r8, [rdi + GENERAL + 64]
    mov r9, [rdi + GENERAL + 72]
    mov r10, [rdi + GENERAL + 80]
    mov r11, [rdi + GENERAL + 88]
    mov r12, [rdi + GENERAL + 96]
    mov r13, [rdi + GENERAL + 104]
    mov r14, [rdi + GENERAL + 112]
    mov r15, [rdi + GENERAL + 120]
    mov rdi, [rdi + GENERAL + 56]
    jmp [entry]

; Where a job ends. `mov` changes no flag.
leave_run:
    mov [stack], rsp
    mov rsp, [host_stack]
    pushfq
    push rax
    mov rax, [job]
    add rax, AFTER
    mov [rax + GENERAL + 8], rcx
    mov [rax + GENERAL + 16], rdx
    mov [rax + GENERAL + 24], rbx
    mov [rax + GENERAL + 40], rbp
    mov [rax + GENERAL + 48], rsi
    mov [rax + GENERAL + 56], rdi
    mov [rax + GENERAL + 64], r8
    mov [rax + GENERAL + 72], r9
    mov [rax + GENERAL + 80], r10
    mov [rax + GENERAL + 88], r11
    mov [rax + GENERAL + 96], r12
    mov [rax + GENERAL + 104], r13
    mov [rax + GENERAL + 112], r14
    mov [rax + GENERAL + 120], r15
    pop rcx
    mov [rax + GENERAL], rcx
    pop rcx
    mov [rax + FLAGS], rcx
    mov rcx, [stack]
    mov [rax + GENERAL + 32], rcx
    mov rdi, rax
    mov rax, cr0
    and al, ~8                  ; what saves registers wants TS clear
    mov cr0, rax
    mov eax, 7
    xor edx, edx
    xsave64 [rdi]
    fninit
    ret

; The exceptions of the processor come first; behind them are interrupts, and `int n`.
trap:
    cmp qword [rsp], 32
    jae .interrupt
    push rax
    mov rax, [rsp + 8]
    bt qword [with_code], rax
    lea rax, [rax + 64]
    mov [ending], rax
    lea rax, [leave_run]
    jc .with_code
    mov [rsp + 16], rax
    mov qword [rsp + 24], SELECTOR_CODE
    pop rax
    add rsp, 8
    iretq
.with_code:
    mov [rsp + 24], rax
    mov qword [rsp + 32], SELECTOR_CODE
    pop rax
    add rsp, 16
    iretq
.interrupt:
    jne .back
    push rax
    mov al, 0x20
    out 0x20, al
    pop rax
.back:
    add rsp, 8
    iretq

align 16
stubs:
%assign vector 0
%rep 256
    align 16
    push strict dword vector
    jmp trap
%assign vector vector + 1
%endrep

align 16
descriptors:
    dq 0
    dq 0x00209a0000000000       ; code, 64 bits
    dq 0x0000920000000000       ; data
.task:
    dw 103, (task - $$) & 0xffff
    db task_middle, 0x89, 0, 0
    dq 0
.pointer:
    dw .pointer - descriptors - 1
    dq descriptors

; `task` lies below 16 MiB, so that three bytes of its address are enough.
task_middle equ 0x10

align 16
gates:
    times 512 dq 0
.pointer:
    dw 256 * 16 - 1
    dq gates

with_code: dq 1 << 8 | 0x7c00 | 1 << 17 | 1 << 21 | 1 << 29 | 1 << 30
entry: dq CODE + CODE_START
host_stack: dq 0
stack: dq 0
ending: dq 0
job: dq 0

align 16
task:
    dd 0
    dq 0, 0, 0, 0
    dq TRAPS
    times 64 db 0
