; SP walks up to an address of the frame while it wipes, and does not pass it.
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
    mov rdx, rbp
    xor eax, eax
.wipe:
    mov [rsp], rax
    lea rsp, [rsp + 8]
    cmp rsp, rdx
    jb .wipe
    pop rbp
    pop rbx
    ret
