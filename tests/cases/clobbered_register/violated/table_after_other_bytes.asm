; The index counts from 1, so that the code names a place before the table, where another object
; ends. Its last bytes look like an entry: an offset of 0, which leads back to `.jump`.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .rodata
mask:
    dq 0x40000000
table:
    dw f.two - f.jump, f.four - f.jump, f.eight - f.jump
section .text
f:
    tzcnt edi, edi
    lea rdx, [rel .jump]
.jump:
    lea rcx, [rel table - 2]
    movzx eax, word [rcx + rdi * 2]
    add rax, rdx
    jmp rax
.two:
    ret
.four:
    ret
.eight:
    xor ebx, ebx
    ret
