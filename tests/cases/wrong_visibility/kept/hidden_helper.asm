; check: --shared a.o
;;; a.asm
extern outside
global helper:function hidden, work:function
helper:
    ret
work:
    call helper
    call outside wrt ..plt
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
