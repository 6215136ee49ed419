; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov dword [rsp-4], 0x1f80
    ldmxcsr [rsp-4]
    mulps xmm0, xmm1
    ret
