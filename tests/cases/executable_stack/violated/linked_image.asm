; run: ld -z execstack -o program a.o
; check: program
;;; a.asm
global _start:function
_start:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
