; check: --all-exported a.o
; format: win32
; The names tell: `g` is called by vectorcall, which passes what it takes in registers of its own, and so is `h@@8`.
;;; a.asm
bits 32
global _f, h@@8
extern g@@8
section .text
_f:
    mov ecx, 1
    mov edx, 2
    call g@@8
    ret
h@@8:
    lea eax, [ecx + edx]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
