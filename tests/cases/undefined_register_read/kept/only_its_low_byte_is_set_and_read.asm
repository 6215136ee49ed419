; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    test rdi, rdi
    setz r11b
    movzx eax, r11b
    mov rax, [rsi + rax*8]
    ret
