; run: ld -m elf_i386 -shared -o lib.so lib.o
; check: --complete --pie --root f a.o lib.so
; format: elf32
; In place of a call and a return: `ebx` is the caller's again by then.
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    jmp g wrt ..plt
section .note.GNU-stack noalloc noexec nowrite progbits
;;; lib.asm
bits 32
global g:function
section .text
g:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
