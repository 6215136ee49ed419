; Where several registers are lost, one report tells of all: their cause is the same.
; check: --all-exported --allow clobbered_register e.o
;;; e.s
    .globl f
    .type f, @function
f:
    .cfi_startproc
    mov %rdi, %r12
    mov %rdi, %rbx
    mov %rdi, %rbp
    sub $8, %rsp
    .cfi_adjust_cfa_offset 8
    call g
    add $8, %rsp
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
    .section .note.GNU-stack,"",@progbits
