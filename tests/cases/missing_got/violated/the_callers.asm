; run: ld -m elf_i386 -shared -o lib.so lib.o
; check: --complete --shared --root f a.o lib.so
; format: elf32
; example
; Nothing says what the caller has in `ebx`, and the stub goes by it.
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
