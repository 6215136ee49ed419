; A loop jumps back by the register that a table of places sent it on with, without reading it again.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push rbx
    and esi, 3
    lea rbx, [rel table]
    movsxd rax, dword [rbx+rsi*4]
    add rax, rbx
    jmp rax
.one:
    add rdi, 1
    jmp .all
.two:
    add rdi, 2
    jmp .all
.three:
    add rdi, 3
    jmp .all
.four:
    add rdi, 4
.all:
    mov byte [rdi], 0
    dec edx
    jz .done
    jmp rax
.done:
    pop rbx
    ret
section .rodata
table:
    dd f.one-table, f.two-table, f.three-table, f.four-table
