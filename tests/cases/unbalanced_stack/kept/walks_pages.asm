; The frame's size is an argument, and it is taken page by page. The old SP is kept at its lower end.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function, of_two_sizes:function, meets:function
section .text
f:
    mov r9d, r9d
    mov rax, rsp
    push rbx
    neg r9
    mov r11, rsp
    lea r10, [rsp + r9*8 - 16]
    neg r9
    and r10, -1024
    sub r11, r10
    and r11, -4096
    lea rsp, [r10 + r11]
    mov r11, [rsp]
    cmp rsp, r10
    ja .walk
    jmp .walked
.walk:
    lea rsp, [rsp - 4096]
    mov r11, [rsp]
    cmp rsp, r10
    ja .walk
.walked:
    mov [rsp + r9*8 + 8], rax
    movaps [rsp], xmm0
    xor ebx, ebx
.fill:
    mov [rsp + rbx*8], rsi
    inc ebx
    cmp ebx, r9d
    jb .fill
    mov rsi, [rsp + r9*8 + 8]
    mov rbx, [rsi - 8]
    lea rsp, [rsi]
    ret

of_two_sizes: ; its lower end is chosen by how far a pointer is from it
    mov rax, rsp
    push rbx
    push rbp
    shl r9d, 3
    neg r9
    lea r11, [rsp + r9*2 - 64]
    mov rbp, rsp
    sub r11, rsi
    and r11, 4095
    cmp r10, r11
    jb .other
    sub rbp, r11
    lea rbp, [rbp + r9*2 - 64]
    jmp .aligned
.other:
    lea r10, [r9*2 + 4096 - 64]
    lea rbp, [rbp + r9*2 - 64]
    sub r11, r10
    mov r10d, 0
    cmovb r11, r10
    sub rbp, r11
.aligned:
    and rbp, -64
    mov r11, rsp
    sub r11, rbp
    and r11, -4096
    lea rsp, [rbp + r11]
    mov r10, [rsp]
    cmp rsp, rbp
    ja .walk
    jmp .walked
.walk:
    lea rsp, [rsp - 4096]
    mov r10, [rsp]
    cmp rsp, rbp
    ja .walk
.walked:
    mov [rsp + 40], rax
    movaps [rsp], xmm0
    neg r9
    lea rdi, [rsp + r9 + 48]
    mov [rdi], rsi
    mov rsi, [rsp + 40]
    mov rbp, [rsi - 16]
    mov rbx, [rsi - 8]
    lea rsp, [rsi]
    ret

meets: ; where it arrives is where the address is
    mov rax, rsp
    mov edi, edi
    neg rdi
    lea r10, [rsp + rdi*8 - 64]
    and r10, -64
    mov r11, rsp
    sub r11, r10
    and r11, -4096
    lea rsp, [r10 + r11]
    cmp rsp, r10
    jbe .walked
.walk:
    lea rsp, [rsp - 4096]
    mov r11, [rsp]
    cmp rsp, r10
    ja .walk
.walked:
    mov [r10 + 8], rax
    mov rsp, [rsp + 8]
    ret
