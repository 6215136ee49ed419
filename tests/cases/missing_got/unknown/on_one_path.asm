; run: ld -m elf_i386 -shared -o lib.so lib.o
; check: --complete --pie --root f a.o lib.so
; format: elf32
; The table's address is loaded, and on one path taken for something else before the call.
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
    cmp dword [esp + 16], 0
    je .call
    mov ebx, [esp + 16]
    shl ebx, 4
.call:
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
