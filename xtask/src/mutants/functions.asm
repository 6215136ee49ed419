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

global copies_wide_vectors
copies_wide_vectors:
    cmp edx, 32
    jb .done
    vmovdqu ymm0, [rsi]
    vmovdqu [rdi], ymm0
    vzeroupper
.done:
    ret

global adds_in_mmx
adds_in_mmx:
    movq mm0, [rsi]
    paddb mm0, [rdx]
    movq [rdi], mm0
    emms
    ret

global rounds_towards_zero
rounds_towards_zero:
    stmxcsr [rsp - 4]
    mov eax, [rsp - 4]
    or eax, 0x6000
    mov [rsp - 8], eax
    ldmxcsr [rsp - 8]
    cvtps2dq xmm0, [rsi]
    movups [rdi], xmm0
    ldmxcsr [rsp - 4]
    ret

global has_an_unwind_table
has_an_unwind_table:
    push rbx
.pushed_one:
    push r12
.pushed_two:
    sub rsp, 8
.moved:
    mov rbx, rdi
    mov r12, rsi
    call callee
    lea rax, [rbx + r12]
    add rsp, 8
.back:
    pop r12
.popped_one:
    pop rbx
.popped_two:
    ret
.end:

section .eh_frame noexec nowrite align=8
; What each call frame instruction is called in DWARF.
%define ADVANCE(by) 0x40 | (by)
%define FRAME_OFFSET 0x0e
%define SAVED(register) 0x80 | (register)
shared:
    dd .end - $ - 4
    dd 0
    db 1, "zR", 0, 1, 0x78, 16
    db 1, 0x1b
    db 0x0c, 7, 8, SAVED(16), 1
    align 8, db 0
.end:
entry:
    dd .end - $ - 4
    dd entry + 4 - shared
    dd has_an_unwind_table - $
    dd has_an_unwind_table.end - has_an_unwind_table
    db 0
    db ADVANCE(has_an_unwind_table.pushed_one - has_an_unwind_table), FRAME_OFFSET, 16, SAVED(3), 2
    db ADVANCE(has_an_unwind_table.pushed_two - has_an_unwind_table.pushed_one), FRAME_OFFSET, 24
    db SAVED(12), 3
    db ADVANCE(has_an_unwind_table.moved - has_an_unwind_table.pushed_two), FRAME_OFFSET, 32
    db ADVANCE(has_an_unwind_table.back - has_an_unwind_table.moved), FRAME_OFFSET, 24
    db ADVANCE(has_an_unwind_table.popped_one - has_an_unwind_table.back), FRAME_OFFSET, 16
    db ADVANCE(has_an_unwind_table.popped_two - has_an_unwind_table.popped_one), FRAME_OFFSET, 8
    align 8, db 0
.end:
    dd 0
