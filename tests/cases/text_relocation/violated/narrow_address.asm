; example
; check: --pie a.o
;;; a.asm
global first:function
first:
    mov eax, [table]
    ret
section .data
table: dd 1
section .note.GNU-stack noalloc noexec nowrite progbits
