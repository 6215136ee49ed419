; check: --all-exported --signatures g.ll a.o
; format: elf32
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    sub esp, 8
    push ebx                    ; its argument, which is its own to change
    call g
    pop ebx
    add esp, 8
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; g.ll
declare void @g(i32)
