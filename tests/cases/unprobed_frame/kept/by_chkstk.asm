; check: --all-exported a.o
;;; a.asm -f win64
global f
extern __chkstk
extern g
section .text
f:
    push rbx
    mov rbx, rcx
    mov eax, 0x10030
    call __chkstk
    sub rsp, rax
    mov rdx, rbx
    mov [rsp + 32], rcx
    call g
    lea rax, [rax + rbx]
    add rsp, 0x10030
    pop rbx
    ret
