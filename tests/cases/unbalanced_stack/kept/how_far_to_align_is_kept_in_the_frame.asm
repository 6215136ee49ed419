; The distance by which SP was moved is all that finds the frame again: qhasm's way. It is kept in
; the frame, and a copy of a length that is not known goes below it.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov r11, rsp
    and r11, 31
    add r11, 256
    sub rsp, r11
    mov [rsp+192], r11
    mov [rsp+200], rbx
    mov rcx, rdx
    lea rdi, [rsp]
    rep movsb
    mov rbx, [rsp]
    mov rax, rbx
    mov rbx, [rsp+200]
    mov r11, [rsp+192]
    add rsp, r11
    ret
