; check: --all-exported a.o
; format: elf32
; By ebx, which is saved; and by ecx, which need not be.
;;; a.asm
bits 32
global by_ebx:function, by_ecx:function
extern _GLOBAL_OFFSET_TABLE_, word_of_others, g
section .text
by_ebx:
    push ebx
    call .here
.here:
    pop ebx
    add ebx, _GLOBAL_OFFSET_TABLE_ + $$ - .here wrt ..gotpc
    sub esp, 8
    call g wrt ..plt            ; finds its own entry by ebx
    mov eax, [ebx + word_of_others wrt ..got]
    mov eax, [eax]
    add esp, 8
    pop ebx
    ret
by_ecx:
    call .here
.here:
    pop ecx
    add ecx, _GLOBAL_OFFSET_TABLE_ + $$ - .here wrt ..gotpc
    mov eax, [ecx + word_of_others wrt ..got]
    mov eax, [eax]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
