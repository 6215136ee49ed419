; C takes the address of two labels and calls neither: an interpreter's handlers look like this, and
; functions behind a table. What keeps the convention is proved whoever calls it.
; check: a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function, leaf:function
section .text
handler:
    add rbx, 4
    mov rax, [rbp]
    jmp rax
leaf:
    lea rax, [rdi+1]
    ret
;;; c.c
extern void handler(void);
extern long leaf(long);
void *const dispatch[] = { (void *)handler };
long (*const table[])(long) = { leaf };
