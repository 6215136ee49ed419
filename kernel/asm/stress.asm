; Code that keeps values where an interrupt could lose them, for the shell's `stress N`.
;
; The first three functions hold `pattern` in many places, wait for interrupts to come, and return
; how many places have changed. All keep the System V convention. Linked by FEATURES=experiments.

WAITING equ 500

; Adds one to RAX if %1 is not the pattern in RDI.
%macro count_if_changed 1
    cmp %1, rdi
    je %%same
    inc rax
%%same:
%endmacro

section .text

; fn stress_red_zone(pattern: u64) -> u64
; The 128 bytes below the stack pointer belong to a function that calls nothing.
global stress_red_zone:function (stress_red_zone.end - stress_red_zone)
    align 16
stress_red_zone:
%assign word 1
%rep 16
    mov [rsp - 8 * word], rdi
%assign word word + 1
%endrep
    mov ecx, WAITING
.wait:
    dec ecx
    jnz .wait
    xor eax, eax
%assign word 1
%rep 16
    count_if_changed [rsp - 8 * word]
%assign word word + 1
%endrep
    ret
.end:

; fn stress_xmm(pattern: u64) -> u64
global stress_xmm:function (stress_xmm.end - stress_xmm)
    align 16
stress_xmm:
    sub rsp, 16 * 16 + 8                ; The 8 align it: a call leaves 8 modulo 16.
    movq xmm0, rdi
    punpcklqdq xmm0, xmm0
%assign register 1
%rep 15
    movdqa xmm%[register], xmm0
%assign register register + 1
%endrep
    mov ecx, WAITING
.wait:
    dec ecx
    jnz .wait
%assign register 0
%rep 16
    movdqa [rsp + 16 * register], xmm%[register]
%assign register register + 1
%endrep
    xor eax, eax
%assign word 0
%rep 32
    count_if_changed [rsp + 8 * word]
%assign word word + 1
%endrep
    add rsp, 16 * 16 + 8
    ret
.end:

; fn stress_general(pattern: u64) -> u64
; RDI and RCX are at stake like the others: changed, they spoil every comparison and the waiting.
global stress_general:function (stress_general.end - stress_general)
    align 16
stress_general:
    mov rdx, rdi
    mov rsi, rdi
    mov r8, rdi
    mov r9, rdi
    mov r10, rdi
    mov r11, rdi
    xor eax, eax
    mov ecx, WAITING
.wait:
    dec ecx
    jnz .wait
    count_if_changed rdx
    count_if_changed rsi
    count_if_changed r8
    count_if_changed r9
    count_if_changed r10
    count_if_changed r11
    ret
.end:

; fn stress_clobber()
; Changes whatever a System V function may change, for an interrupt handler to call.
global stress_clobber:function (stress_clobber.end - stress_clobber)
    align 16
stress_clobber:
    mov rax, -1
    mov rcx, rax
    mov rdx, rax
    mov rsi, rax
    mov rdi, rax
    mov r8, rax
    mov r9, rax
    mov r10, rax
    mov r11, rax
%assign register 0
%rep 16
    pcmpeqd xmm%[register], xmm%[register]
%assign register register + 1
%endrep
    ret
.end:

section .note.GNU-stack noalloc noexec nowrite progbits
