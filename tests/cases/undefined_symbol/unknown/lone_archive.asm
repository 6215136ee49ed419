; Whoever links the archive may define what it lacks.
; run: ar crs lib.a add.o
; check: lib.a
;;; add.asm
extern report
global add_one:function
add_one:
    lea edi, [rdi + 1]
    jmp report
section .note.GNU-stack noalloc noexec nowrite progbits
