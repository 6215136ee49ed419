; check: --all-exported a.o
; format: win32
;;; a.asm
bits 32
global _f@8
global @g@12
extern _h@4
section .text
_f@8:
    push dword [esp + 4]
    call _h@4                   ; takes its argument off
    add eax, [esp + 8]
    ret 8
@g@12:
    mov eax, ecx
    add eax, edx
    add eax, [esp + 4]
    ret 4                       ; two of three are in registers
section .note.GNU-stack noalloc noexec nowrite progbits
