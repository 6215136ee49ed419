; check: --all-exported a.o
; Where the frame is comes from memory that a caller gave.
;;; a.s
    .intel_syntax noprefix
    .text
    .globl f
    .type f, @function
f:  .cfi_startproc
    mov rax, [rdi]
    .cfi_def_cfa rax, 8
    nop
    .cfi_def_cfa rsp, 8
    ret
    .cfi_endproc
    .section .note.GNU-stack, "", @progbits
