; check: --all-exported a.o
; format: elf32
; Position-independent code finds its tables by ebx, which is its caller's: there it means the caller's tables.
;;; a.asm
bits 32
global f:function
extern _GLOBAL_OFFSET_TABLE_, word_of_others
section .text
f:
    call .here                  ; the code's own address
.here:
    pop ebx
    add ebx, _GLOBAL_OFFSET_TABLE_ + $$ - .here wrt ..gotpc
    mov eax, [ebx + word_of_others wrt ..got]
    mov eax, [eax]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
