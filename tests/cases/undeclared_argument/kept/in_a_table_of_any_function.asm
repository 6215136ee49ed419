; check: a.o d.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global sum_of_two:function, sum_of_three:function
section .text
sum_of_two:
    mov eax, [rdi]
    add eax, [rdi + 4]
    ret
sum_of_three:
    mov eax, [rdi]
    add eax, [rdi + rsi*4]
    ret
;;; d.c -O1 -g
// C hands around functions of any type by this one, and casts them back before it calls them.
typedef void (*any_function)(void);

unsigned sum_of_two(), sum_of_three();

static const any_function functions[2] = {
    (any_function)sum_of_two,
    (any_function)sum_of_three,
};

unsigned caller(const unsigned *from, long last) {
    unsigned (*function)(const unsigned *, long) =
        (unsigned (*)(const unsigned *, long))functions[last & 1];
    return function(from, last);
}
