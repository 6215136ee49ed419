; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f: ; no argument decides how long it takes
    mov ecx, 60000
.next:
    vpaddd ymm0, ymm0, [rsi]
    sub ecx, 1
    jnz .next
    vmovdqu [rdi], ymm0
    ret
