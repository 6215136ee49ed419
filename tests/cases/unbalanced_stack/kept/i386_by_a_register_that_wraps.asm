; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    push ebp
    mov ebp, esp
    mov eax, [ebp + 8]
    sub esp, eax                ; an array
    mov dword [esp], 1
    mov esp, ebp
    pop ebp
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
