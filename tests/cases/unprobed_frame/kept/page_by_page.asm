; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    sub rsp, 4096
    or qword [rsp], 0
    sub rsp, 4096
    mov [rsp], rdi
    add rsp, 8192
    ret
