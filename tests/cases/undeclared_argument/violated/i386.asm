; check: --all-exported --signatures f.ll a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov eax, [esp + 8]
    mov eax, [eax]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; f.ll
declare i32 @f(ptr)
