; check: --all-exported --signatures f.ll a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov eax, [esp + 4]          ; where the result goes
    mov ecx, [esp + 8]
    mov edx, [esp + 16]
    mov ecx, [ecx]
    mov [eax], ecx
    mov [eax + 4], edx
    ret 4
section .note.GNU-stack noalloc noexec nowrite progbits
;;; f.ll
declare void @f(ptr sret([8 x i8]) align 4, ptr byval([12 x i8]) align 4)
