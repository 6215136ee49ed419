; check: --all-exported --signatures a.ll a.o
; format: elf32
; Whether there is a second argument, only the caller of a variadic function knows.
;;; a.asm
bits 32
global f:function
section .text
f:
    mov dword [esp + 8], 0
    xor eax, eax
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; a.ll
declare i32 @f(ptr, ...)
