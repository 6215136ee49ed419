; `wait4` writes to what `r10` points to, and what it wrote decides how far SP goes back.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    sub rsp, 152
    mov qword [rsp], 0
    mov r10, rsp
    mov eax, 61 ; wait4
    mov rdi, -1
    xor esi, esi
    xor edx, edx
    syscall
    add rsp, [rsp]
    add rsp, 152
    ret
