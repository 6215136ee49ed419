; check: a.o d.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global sum_of:function
section .text
sum_of:
    lea rax, [rdi + rsi]
    ret
;;; d.c -O1 -x c++
namespace sums {
extern "C" long sum_of(const long &a, unsigned b);

// Its name is mangled, and is another function's.
long sum_of(long a, long b) { return a + b; }
}

extern "C" long caller(long a, unsigned b) {
    return sums::sum_of(a, b) + sums::sum_of(a, 1L);
}
