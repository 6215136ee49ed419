; check: --all-exported a.o
; format: elf32
; By esp, by ebp, by an expression, and through `call` and `pop`, which every instruction between tells of.
;;; a.s -m32
    .text
    .globl by_esp
    .type by_esp, @function
by_esp:
    .cfi_startproc
    push %ebx
    .cfi_adjust_cfa_offset 4
    .cfi_offset %ebx, -8
    call 1f
    .cfi_adjust_cfa_offset 4
1:  pop %ebx
    .cfi_adjust_cfa_offset -4
    sub $8, %esp
    .cfi_adjust_cfa_offset 8
    call callee
    add $8, %esp
    .cfi_adjust_cfa_offset -8
    pop %ebx
    .cfi_adjust_cfa_offset -4
    .cfi_restore %ebx
    ret
    .cfi_endproc

    .globl by_ebp
    .type by_ebp, @function
by_ebp:
    .cfi_startproc
    push %ebp
    .cfi_def_cfa_offset 8
    .cfi_offset %ebp, -8
    mov %esp, %ebp
    .cfi_def_cfa_register %ebp
    push %esi
    .cfi_offset %esi, -12
    push %edi
    .cfi_offset %edi, -16
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

# The old stack pointer in a slot of an aligned frame: DW_CFA_def_cfa_expression of DW_OP_breg4 (esp)
# 16, DW_OP_deref, DW_OP_plus_uconst 4.
    .globl by_a_slot
    .type by_a_slot, @function
by_a_slot:
    .cfi_startproc
    mov %esp, %eax
    .cfi_def_cfa_register %eax
    push %ebx
    .cfi_offset %ebx, -8
    sub $44, %esp
    and $-64, %esp
    mov %eax, 16(%esp)
    .cfi_escape 0x0f, 0x05, 0x74, 0x10, 0x06, 0x23, 0x04
    mov 4(%eax), %ebx
    call callee
    mov 16(%esp), %eax
    .cfi_def_cfa %eax, 4
    mov -4(%eax), %ebx
    .cfi_restore %ebx
    mov %eax, %esp
    .cfi_def_cfa_register %esp
    ret
    .cfi_endproc
    .section .note.GNU-stack, "", @progbits
