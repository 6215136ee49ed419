; C only takes addresses; but at `told` an unwind table begins as at a function that is called, and
; `called` is called by its name too.
; check: c.o e.o
;;; e.s
    .globl told, called
    .type told, @function
    .type called, @function
told:
    .cfi_startproc
    mov %rdi, %rbx
    mov %rdi, %rax
    ret
    .cfi_endproc
called:
    mov %rdi, %r12
    mov %rdi, %rax
    ret
    .section .note.GNU-stack,"",@progbits
;;; c.c
extern long told(long);
extern long called(long);
long (*const table[])(long) = { told, called };
long run(long x) { return called(x) + 1; }
