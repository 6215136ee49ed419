; check: --all-exported a.o
;;; a.s
# Tables without labels, side by side. Code names each two entries before it, since no index is
# below 2; so the entries behind the end of the first lead to code as well, only that it is g's.
    .intel_syntax noprefix
    .section .note.GNU-stack, "", @progbits
    .section .rodata
    .balign 16
.Lf_entries:
    .set .Lf_table, .Lf_entries - 8
    .long .Lf2 - .Lf_table, .Lf3 - .Lf_table
.Lg_entries:
    .set .Lg_table, .Lg_entries - 8
    .long .Lg2 - .Lg_table, .Lg3 - .Lg_table
    .text
    .globl f
    .type f, @function
f:
    sub rsp, 24
    tzcnt edi, edi
    lea rax, .Lf_table[rip]
    movsxd rdi, dword ptr [rax + rdi * 4]
    add rdi, rax
    jmp rdi
.Lf2:
    add rsp, 24
    ret
.Lf3:
    mov [rsp], rsi
    add rsp, 24
    ret
    .globl g
    .type g, @function
g:
    tzcnt edi, edi
    lea rax, .Lg_table[rip]
    movsxd rdi, dword ptr [rax + rdi * 4]
    add rdi, rax
    .fill 16, 1, 0x90
    jmp rdi
.Lg2:
    mov eax, 2
    .fill 16, 1, 0x90
    ret
.Lg3:
    mov eax, 3
    ret
