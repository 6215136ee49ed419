; check: a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
; abide: allow(executable_stack)
; abide: allow(untyped_symbl) — a name that is no rule's
f:
    ret

; abide: allow(untyped_symbol) — there is nothing below

