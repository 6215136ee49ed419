; example
; check: --entry start a.o b.o
;;; a.asm
global start:function, port_write:function
start:
    ret
port_write:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; b.asm
global port_write:function
port_write:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
