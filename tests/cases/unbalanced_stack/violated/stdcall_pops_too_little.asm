; check: --all-exported --allow untyped_symbol a.o
; format: win32
;;; a.asm
bits 32
global _f@8
section .text
_f@8:
    mov eax, [esp + 4]
    add eax, [esp + 8]
    ret 4
section .note.GNU-stack noalloc noexec nowrite progbits
