; check: --all-exported a.o
;;; a.asm
; The same, but the label behind has a reader of its own: the place before it may be a table's start too.
global f
global g
global h
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
h:
    push rbx
    and edi, 1
    lea rdx, [rel pushed]
    lea rax, [rel f]
    movsxd rcx, dword [rdx + rdi*4]
    add rax, rcx
    jmp rax
section .rodata
align 4
    dd 0
bare:
    dd g.one - f, g.two - f
pushed:
    dd f.one - f, f.two - f
