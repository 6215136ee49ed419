; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f: ; its first turn reads what the caller left
    mov [rdi], rsi
    add rdi, 8
    dec qword [rsp + 8]
    jnz f
    ret
