; check: --all-exported a.o
; What has no table is not judged.
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global f:function
f:
    push rbx
    mov rbx, rdi
    pop rbx
    ret
