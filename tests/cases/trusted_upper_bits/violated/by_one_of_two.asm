; The second store's address depends on bits above `rdx`; what is stored takes the low bits of `rsi` alone.
; check: a.o d.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global update:function
section .text
update:
    mov rcx, [rdi]
    shrd rcx, rsi, 1
    shr rsi, 1
    mov [rdi], rcx
    add rdi, rdx
    mov rcx, [rdi]
    shrd rcx, rsi, 1
    mov [rdi], rcx
    ret
;;; d.c -O1
void update(void *words, unsigned short bits, int step);
void caller(void *words) { update(words, 3, 8); }
