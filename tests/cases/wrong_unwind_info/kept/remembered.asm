; check: --all-exported a.o
; A frame pointer, an epilogue in the middle, and no word about a register that was popped already.
;;; a.s
    .intel_syntax noprefix
    .text
    .globl f
    .type f, @function
f:  .cfi_startproc
    push rbp
    .cfi_def_cfa_offset 16
    .cfi_offset rbp, -16
    mov rbp, rsp
    .cfi_def_cfa_register rbp
    push r12
    .cfi_offset r12, -24
    sub rsp, 40
    mov r12, rdi
    test edi, edi
    je 1f
    add rsp, 40
    pop r12
    .cfi_remember_state
    pop rbp
    .cfi_def_cfa rsp, 8
    ret
    .cfi_restore_state
1:  call callee
    mov r12, [rbp - 8]
    leave
    .cfi_def_cfa rsp, 8
    ret
    .cfi_endproc
    .section .note.GNU-stack, "", @progbits
