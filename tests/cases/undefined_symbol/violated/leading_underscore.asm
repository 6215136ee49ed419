; check: --entry start start.o add.o
;;; start.asm
extern add_one
global start:function
start:
    call add_one
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; add.asm
global _add_one:function
_add_one:
    lea eax, [rdi + 1]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
