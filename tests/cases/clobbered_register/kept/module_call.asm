; The TDX module may change each general register but SP: all that are kept are saved.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    xor eax, eax
    mov ecx, 0xfc00
    db 0x66, 0x0f, 0x01, 0xcc ; tdcall
    mov rax, r12
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
