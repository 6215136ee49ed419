; A pointer into the frame is made where a flag is clear, and used where it is asked again, in each
; turn of a loop that moves the pointer, and behind a helper that has been called in between.
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
    lea rcx, [r8+512]
    movdqa xmm1, [rcx]
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
