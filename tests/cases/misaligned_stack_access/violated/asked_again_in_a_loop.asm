; As the one that is kept, but the pointer is made half a vector further.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    sub rsp, 1032
    mov r8, rsp
    mov r9d, 4
.loop:
    test edi, 0x40000000
    jnz .fast
    lea rcx, [r8+520]
.fast:
    call helper
    test edi, 0x40000000
    jnz .fast2
    movdqa xmm2, [rcx+16]
.fast2:
    movdqa [r8], xmm0
    add r8, 64
    dec r9d
    jg .loop
    add rsp, 1032
    ret
helper:
    movdqa xmm3, xmm4
    ret
