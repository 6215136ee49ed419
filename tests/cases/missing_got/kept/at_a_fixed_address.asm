; run: ld -m elf_i386 -shared -o lib.so lib.o
; check: --complete --no-pie --root f a.o lib.so
; format: elf32
; The stubs of a program that is not moved name the table by its address.
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    sub esp, 12
    call g wrt ..plt
    add esp, 12
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; lib.asm
bits 32
global g:function
section .text
g:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
