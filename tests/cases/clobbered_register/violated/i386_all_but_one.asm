; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    pushad
    mov eax, [esp + 36]
    mov ebp, eax
    mov edi, [ebp]
    popad
    mov esi, eax                ; the last one is lost behind them
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
