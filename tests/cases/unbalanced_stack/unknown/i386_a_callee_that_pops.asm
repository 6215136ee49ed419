; check: --all-exported a.o
; format: win32
;;; a.asm
bits 32
global _f
extern ___chkstk
section .text
_f:
    mov eax, 8192
    call ___chkstk              ; moves SP by as much
    add esp, 8192
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
