; C takes the address of three functions and calls none by its name. What the first does in all else is
; what a function owes who calls it by the convention; the second goes back to where a register says that
; no caller sets, and the third looks at one: nothing tells how those are called.
; check: a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global copy:function, resume:function, handler:function
section .text
copy:
    movq mm0, [rsi]
    movq [rdi], mm0
    ret
resume:
    movq mm0, [rsi]
    movq [rdi], mm0
    jmp rbx
handler:
    movq mm0, [rbx]
    movq [rdi], mm0
    ret
;;; c.c
typedef void function(void *to, const void *from);
extern function copy, resume, handler;
struct functions { function *of[3]; };
void fill(struct functions *table) {
    table->of[0] = copy;
    table->of[1] = resume;
    table->of[2] = handler;
}
