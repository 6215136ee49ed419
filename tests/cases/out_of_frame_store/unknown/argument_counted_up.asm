; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f: ; no turn reads what the caller left
    mov qword [rsp + 8], 0
.step:
    mov [rdi], rsi
    add rdi, 8
    inc qword [rsp + 8]
    cmp [rsp + 8], rdx
    jb .step
    ret
