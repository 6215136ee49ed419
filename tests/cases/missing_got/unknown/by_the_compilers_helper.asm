; run: ld -m elf_i386 -shared -o lib.so lib.o
; check: --complete --shared --root f a.o lib.so
; format: elf32
; Whoever returns the code's address in `ebx` is not in the unit's own code.
;;; a.asm
bits 32
extern _GLOBAL_OFFSET_TABLE_, __x86.get_pc_thunk.bx
global f:function
extern g
section .text
f:
    push ebx
    sub esp, 8
    call __x86.get_pc_thunk.bx
.here:
    add ebx, _GLOBAL_OFFSET_TABLE_ + $$ - .here wrt ..gotpc
    call g wrt ..plt
    add esp, 8
    pop ebx
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; lib.asm
bits 32
global g:function, __x86.get_pc_thunk.bx:function
section .text
__x86.get_pc_thunk.bx:
    mov ebx, [esp]
    ret
g:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
