; check: --pie a.o
;;; a.asm
default rel
global first:function
first:
    mov eax, [table]
    ret
section .data
table: dd 1
pointers: dq first
section .note.GNU-stack noalloc noexec nowrite progbits
