; check: a.o d.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global put_4:function, put_8:function, put_16:function
section .text
put_4:
    mov eax, [rsi]
    mov [rdi], eax
    ret
; Takes a count of 32 bits for one of 64.
put_8:
    mov rax, [rsi + rdx]
    mov [rdi], rax
    ret
put_16:
    movups xmm0, [rsi]
    movups [rdi], xmm0
    ret
;;; d.c -O1 -g
typedef void (*put_function)(char *to, const char *from, int skip);

// Nothing is said of what they take but by the table that has them.
void put_4(), put_8(), put_16();

static const struct { put_function put[3]; } tables[2] = {
    { { put_4, put_8, put_16 } },
    { { put_16, put_16, put_16 } },
};

void caller(char *to, const char *from, int skip, int which, int size) {
    tables[which].put[size](to, from, skip);
}
