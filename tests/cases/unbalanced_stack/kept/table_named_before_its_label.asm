; check: --all-exported a.o
;;; a.asm
; An index that is 1 at least: the code names the place before the table, where the table beside it ends.
global f
global g
section .text
f:
    push rbx
    tzcnt ecx, edi
    lea rdx, [rel pushed - 4]
    lea rax, [rel f]
    movsxd rcx, dword [rdx + rcx*4]
    add rax, rcx
    jmp rax
.one:
    pop rbx
    ret
.two:
    xor eax, eax
    pop rbx
    ret
g:
    tzcnt ecx, edi
    lea rdx, [rel bare - 4]
    lea rax, [rel f]
    movsxd rcx, dword [rdx + rcx*4]
    add rax, rcx
    jmp rax
.one:
    ret
.two:
    xor eax, eax
    ret
section .rodata
align 4
    dd 0
bare:
    dd g.one - f, g.two - f
pushed:
    dd f.one - f, f.two - f
