; check: --complete a.o b.o c.o
;;; a.asm
global memcpy:function weak
memcpy:
    ret
common shared 8
section .note.GNU-stack noalloc noexec nowrite progbits
;;; b.asm
global memcpy:function
memcpy:
    ret
common shared 8
section .note.GNU-stack noalloc noexec nowrite progbits
;;; c.asm
global version
version equ 3
section .note.GNU-stack noalloc noexec nowrite progbits
