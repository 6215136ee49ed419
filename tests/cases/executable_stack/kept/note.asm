; run: ld -o program a.o
; check: a.o program
;;; a.asm
global _start:function
_start:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
