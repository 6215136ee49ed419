; What an index writes is in the array beside the flags of the caller.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    pushfq
    sub rsp, 64
    cld
    and edi, 15
    mov [rsp + rdi*8], rsi
    add rsp, 64
    popfq
    ret
