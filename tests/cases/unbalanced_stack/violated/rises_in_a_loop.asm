; SP rises 50 times, past what is saved and the return address. Where that leads, nobody asks what
; registers hold.
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
    mov ecx, 50
.next:
    add rsp, 8
    mov [rsp], rax
    dec ecx
    jnz .next
    mov rsp, rbp
    pop rbp
    pop rbx
    ret
