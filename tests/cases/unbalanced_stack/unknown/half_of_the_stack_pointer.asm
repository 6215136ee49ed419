; check: --all-exported a.o
;;; a.asm
; `and esp` in 64-bit code clears the upper half of RSP: what is stored there, nobody knows.
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push rbp
    mov rbp, rsp
    and esp, -16
    sub rsp, 32
    mov [rsp], rdi
    leave
    ret
