; run: ld -m elf_i386 -shared -o lib.so lib.o
; check: --complete --shared --root f a.o lib.so
; format: elf32
; What its caller's structure holds may be the table's address.
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    push ebx
    sub esp, 8
    mov ebx, [esp + 16]
    mov ebx, [ebx]
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
