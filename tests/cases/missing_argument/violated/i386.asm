; check: --all-exported --signatures g.ll a.o
; format: elf32
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    sub esp, 12
    mov dword [esp], 1
    mov dword [esp + 8], 3
    call g
    add esp, 12
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; g.ll
declare void @g(i32, i32, ptr)
