; check: a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern first
extern second
global sum:function
section .text
sum:
    mov rax, [rel first]
    add rax, [rel second]
    ; What follows is another's: its own address is before it.
    lea rcx, [rel second - 8]
    add rax, [rcx + 8]
    ret
;;; c.c
long first = 1, second = 2;
long sum(void);
long caller(void) { return sum(); }
