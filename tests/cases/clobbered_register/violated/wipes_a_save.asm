; SP walks up by 8 bytes too many while it wipes: what it writes to is no object with an index.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push rbx
    push rbp
    mov rbp, rsp
    sub rsp, 128
    lea rdx, [rbp + 8]
    xor eax, eax
.wipe:
    mov [rsp], rax
    lea rsp, [rsp + 8]
    cmp rsp, rdx
    jb .wipe
    mov rsp, rbp
    pop rbp
    pop rbx
    ret
