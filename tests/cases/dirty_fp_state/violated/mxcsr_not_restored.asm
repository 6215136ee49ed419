; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    stmxcsr [rsp-4]
    mov eax, [rsp-4]
    or eax, 0x8040
    mov [rsp-8], eax
    ldmxcsr [rsp-8]
    mulps xmm0, xmm1
    ret
