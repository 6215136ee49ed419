; check: --all-exported --signatures f.ll a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov eax, [esp + 4]
    xor edx, edx
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; f.ll
declare i64 @f(i32)
