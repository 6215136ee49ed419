; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global write_at:function
section .text
; The table was to lie below what is saved: its room is forgotten, and its first byte is that of rbx.
write_at:
    push rbx
    movzx eax, dil
    mov byte [rsp + rax], 0
    pop rbx
    ret
