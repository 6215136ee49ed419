; Each archive needs the other.
; run: ar crs liba.a a.o c.o && ar crs libb.a b.o
; check: --entry start --group start.o liba.a libb.a
;;; start.asm
extern first
global start:function
start:
    jmp first
section .note.GNU-stack noalloc noexec nowrite progbits
;;; a.asm
extern second
global first:function
first:
    jmp second
section .note.GNU-stack noalloc noexec nowrite progbits
;;; b.asm
extern third
global second:function
second:
    jmp third
section .note.GNU-stack noalloc noexec nowrite progbits
;;; c.asm
global third:function
third:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
