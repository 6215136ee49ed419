; check: a.o d.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global copy:function
section .text
copy:
    mov rcx, rdx
    rep movsb
    ret
;;; d.c -O1
void copy(char *to, const char *from);

void caller(char *to, const char *from) {
    copy(to, from);
}
