; check: --all-exported a.o
; The two registers lie the other way round.
;;; a.s
    .intel_syntax noprefix
    .text
    .globl f
    .type f, @function
f:  .cfi_startproc
    push rbx
    .cfi_adjust_cfa_offset 8
    .cfi_offset rbx, -24
    push rbp
    .cfi_adjust_cfa_offset 8
    .cfi_offset rbp, -16
    sub rsp, 8
    .cfi_adjust_cfa_offset 8
    mov rbx, rdi
    mov rbp, rsi
    call callee
    lea rax, [rbx + rbp]
    add rsp, 8
    .cfi_adjust_cfa_offset -8
    pop rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbp
    pop rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbx
    ret
    .cfi_endproc
    .section .note.GNU-stack, "", @progbits
