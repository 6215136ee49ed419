; check: --all-exported --signatures f.ll a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov dword [esp + 4], 0      ; its argument is its own
    mov dword [esp + 8], 0
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; f.ll
declare void @f(i64)
