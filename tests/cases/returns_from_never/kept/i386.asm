; check: --all-exported --signatures f.ll a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    hlt
    jmp f
section .note.GNU-stack noalloc noexec nowrite progbits
;;; f.ll
declare void @f() noreturn
