; example
; check: a.o
;;; a.asm
global add_one
add_one:
    lea eax, [rdi + 1]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
