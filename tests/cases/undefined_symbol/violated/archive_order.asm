; run: ar crs libadd.a add.o
; check: --entry start libadd.a start.o
;;; start.asm
extern add_one
global start:function
start:
    call add_one
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; add.asm
global add_one:function
add_one:
    lea eax, [rdi + 1]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
