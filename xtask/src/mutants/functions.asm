; Functions that keep the contract in the usual ways: what the bounded test breaks.

default rel
extern callee
section .text

global saves_by_push
saves_by_push:
    push rbx
    push rbp
    push r12
    push r13
    sub rsp, 24
    mov rbx, rdi
    mov rbp, rsi
    mov r12, rdx
    mov r13, rcx
    test rbx, rbx
    jz .done
    mov [rsp + 8], rbx
    call callee
    add rax, [rsp + 8]
    mov rdi, r12
    call callee
.done:
    add rsp, 24
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

global saves_by_mov
saves_by_mov:
    sub rsp, 56
    mov [rsp + 8], rbx
    mov [rsp + 16], rbp
    mov [rsp + 24], r12
    mov rbx, [rdi]
    mov rbp, [rdi + 8]
    mov r12, [rdi + 16]
    call callee
    lea rax, [rbx + rbp]
    add rax, r12
    mov rbx, [rsp + 8]
    mov rbp, [rsp + 16]
    mov r12, [rsp + 24]
    add rsp, 56
    ret

global keeps_a_frame_pointer
keeps_a_frame_pointer:
    push rbp
    mov rbp, rsp
    push rbx
    push r14
    sub rsp, 48
    and rsp, -32
    mov rbx, rdi
    mov r14, rsi
    call callee
    lea rax, [rbx + r14]
    lea rsp, [rbp - 16]
    pop r14
    pop rbx
    pop rbp
    ret

global turns_the_direction
turns_the_direction:
    mov r10, rdi
    mov r11, rsi
    mov rcx, 8
    std
    rep movsb
    cld
    lea rax, [r10 + r11]
    ret

global has_scratch_only
has_scratch_only:
    mov r10, [rdi + 8]
    mov r11, [rsi + 8]
    imul r10, r11
    nop dword [rax + rax + 0]
    lea rax, [r10 + r11 * 2]
    ret
