; `getgroups` writes to what `ecx` points to, and what it wrote decides how far SP goes back.
; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push ebx
    sub esp, 8
    mov dword [esp], 0
    mov ecx, esp
    mov ebx, 1
    mov eax, 205 ; getgroups32
    int 0x80
    add esp, [esp]
    add esp, 8
    pop ebx
    ret
