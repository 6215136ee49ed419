; run: ld -m elf_i386 -shared -o lib.so lib.o
; check: --complete --shared --root f a.o lib.so
; format: elf32
; As compilers do: the place is taken from a call, and the table is so far from it.
;;; a.asm
bits 32
extern _GLOBAL_OFFSET_TABLE_
global f:function
extern g
section .text
f:
    push ebx
    sub esp, 8
    call .here
.here:
    pop ebx
    add ebx, _GLOBAL_OFFSET_TABLE_ + $$ - .here wrt ..gotpc
    call g wrt ..plt
    call g wrt ..plt
    add esp, 8
    pop ebx
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; lib.asm
bits 32
global g:function
section .text
g:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
