; check: --all-exported a.o
; Windows grows a stack by its next page alone, so that `__chkstk` is no matter of taste there.
;;; a.asm -f win64
global f
extern g
section .text
f:
    push rbx
    mov rbx, rcx
    sub rsp, 0x10030
    call g
    lea rax, [rax + rbx]
    add rsp, 0x10030
    pop rbx
    ret
