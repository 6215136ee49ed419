; check: --all-exported a.o
; format: elf32
; Of 32-bit code the registers have numbers of their own: 5 is ebp and 4 is esp, where 64-bit code has
; rdi and rsi. The push of ebx is not told; `g` says that esi is where edi is.
;;; a.s -m32
    .text
    .globl f
    .type f, @function
f:  .cfi_startproc
    push %ebp
    .cfi_def_cfa_offset 8
    .cfi_offset %ebp, -8
    push %ebx
    mov 12(%esp), %ebx
    sub $4, %esp
    .cfi_adjust_cfa_offset 4
    call callee
    add $4, %esp
    .cfi_adjust_cfa_offset -4
    pop %ebx
    pop %ebp
    .cfi_def_cfa_offset 4
    .cfi_restore %ebp
    ret
    .cfi_endproc

    .globl g
    .type g, @function
g:  .cfi_startproc
    push %ebp
    .cfi_def_cfa_offset 8
    .cfi_offset %ebp, -8
    mov %esp, %ebp
    .cfi_def_cfa_register %ebp
    push %esi
    push %edi
    .cfi_offset %esi, -16
    .cfi_offset %edi, -12
    mov 8(%ebp), %esi
    mov 12(%ebp), %edi
    and $-16, %esp
    call callee
    lea -8(%ebp), %esp
    pop %edi
    .cfi_restore %edi
    pop %esi
    .cfi_restore %esi
    pop %ebp
    .cfi_def_cfa %esp, 4
    .cfi_restore %ebp
    ret
    .cfi_endproc
    .section .note.GNU-stack, "", @progbits
