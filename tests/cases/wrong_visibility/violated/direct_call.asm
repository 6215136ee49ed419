; example
; check: --shared a.o b.o
;;; a.asm
global helper:function
helper:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; b.asm
extern helper
global work:function
work:
    call helper
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
