; SP goes by pages to an address that may lie between two of them, where the old SP is kept.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov rax, rsp
    mov edi, edi
    neg rdi
    lea r10, [rsp + rdi*8 - 64]
    and r10, -64
    mov r11, rsp
    sub r11, r10
    and r11, -2048
    lea rsp, [r10 + r11]
    cmp rsp, r10
    jbe .walked
.walk:
    lea rsp, [rsp - 4096]
    mov r11, [rsp]
    cmp rsp, r10
    ja .walk
.walked:
    mov [r10 + 8], rax
    mov rsp, [rsp + 8]
    ret
