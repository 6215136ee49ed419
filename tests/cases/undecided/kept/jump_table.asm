; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .rodata
table:
    dd f.zero - table, f.one - table, f.two - table
section .text
f:
    cmp edi, 2
    ja .two
    mov edi, edi
    lea rax, [rel table]
    movsxd rcx, dword [rax + rdi*4]
    add rax, rcx
    jmp rax
.zero:
    xor eax, eax
    ret
.one:
    mov eax, 1
    ret
.two:
    mov eax, 2
    ret
