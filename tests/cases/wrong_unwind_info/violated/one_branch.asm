; check: --all-exported a.o
; What the epilogue before says holds for the branch behind it too: `.cfi_remember_state` is missing.
;;; a.s
    .intel_syntax noprefix
    .text
    .globl f
    .type f, @function
f:  .cfi_startproc
    sub rsp, 24
    .cfi_adjust_cfa_offset 24
    cmp edi, 5
    je 1f
    add rsp, 24
    .cfi_adjust_cfa_offset -24
    ret
1:  call callee
    add rsp, 24
    ret
    .cfi_endproc
    .section .note.GNU-stack, "", @progbits
