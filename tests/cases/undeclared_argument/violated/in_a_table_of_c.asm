; check: a.o d.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global sums:data (sums.end - sums)
section .data.rel.ro progbits alloc noexec write
sums:
    dq 4
    dq sum_of_two
    dq sum_of_three
.end:
section .text
sum_of_two:
    mov eax, [rdi]
    add eax, [rdi + 4]
    ret
; Takes how many there are, which the table's type does not pass.
sum_of_three:
    mov eax, [rdi]
    add eax, [rdi + rsi*4]
    ret
;;; d.c -O1 -g
typedef unsigned (*sum_function)(const unsigned *from);

struct sums {
    int size;
    sum_function by_count[2];
};

extern const struct sums sums;

unsigned caller(const unsigned *from) {
    return sums.by_count[0](from) + sums.by_count[1](from);
}
