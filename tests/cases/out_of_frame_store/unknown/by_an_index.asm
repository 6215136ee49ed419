; Its least index already goes above the return address.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global f:function
f:
    and edi, 3
    mov [rsp + rdi * 8 + 8], rsi
    ret
