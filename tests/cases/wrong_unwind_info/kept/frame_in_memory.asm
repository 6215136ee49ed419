; check: --all-exported a.o
; As OpenSSL keeps it: the old stack pointer in a slot of an aligned frame, told by an expression:
; DW_CFA_def_cfa_expression of DW_OP_breg7 (rsp) 32, DW_OP_deref, DW_OP_plus_uconst 8.
;;; a.s
    .intel_syntax noprefix
    .text
    .globl f
    .type f, @function
f:  .cfi_startproc
    mov rax, rsp
    .cfi_def_cfa_register rax
    push rbx
    .cfi_offset rbx, -16
    push rbp
    .cfi_offset rbp, -24
    sub rsp, 64
    and rsp, -64
    mov [rsp + 32], rax
    .cfi_escape 0x0f, 0x05, 0x77, 0x20, 0x06, 0x23, 0x08
    mov rbx, rdi
    mov rbp, rsi
    call callee
    mov rsi, [rsp + 32]
    .cfi_def_cfa rsi, 8
    mov rbp, [rsi - 16]
    .cfi_restore rbp
    mov rbx, [rsi - 8]
    .cfi_restore rbx
    lea rsp, [rsi]
    .cfi_def_cfa_register rsp
    ret
    .cfi_endproc
    .section .note.GNU-stack, "", @progbits
