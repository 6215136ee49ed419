; check: --all-exported a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov eax, [esp + 4]
    call descend
    ret
descend:
    dec eax
    js .done
    mov ebx, eax                ; nobody saves it
    push esi
    call descend
    pop esi
.done:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
