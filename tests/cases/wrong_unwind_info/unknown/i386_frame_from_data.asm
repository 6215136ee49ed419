; check: --all-exported a.o
; format: elf32
; Where the frame is comes from memory that a caller gave.
;;; a.s -m32
    .text
    .globl f
    .type f, @function
f:  .cfi_startproc
    mov 4(%esp), %eax
    mov (%eax), %eax
    .cfi_def_cfa %eax, 4
    nop
    .cfi_def_cfa %esp, 4
    ret
    .cfi_endproc
    .section .note.GNU-stack, "", @progbits
