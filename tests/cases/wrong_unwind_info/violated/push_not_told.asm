; example
; check: --all-exported a.o
;;; a.s
    .intel_syntax noprefix
    .text
    .globl f
    .type f, @function
f:  .cfi_startproc
    push rbx
    mov rbx, rdi
    call callee
    pop rbx
    ret
    .cfi_endproc
    .section .note.GNU-stack, "", @progbits
