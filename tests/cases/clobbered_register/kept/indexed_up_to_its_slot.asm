; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
; The address that an index is added to may be that of the saved register, where the index is
; negative.
global from_behind:function
from_behind:
    push rbx
    sub rsp, 64
    lea rdx, [rsp + 64]
    neg rdi
.next:
    mov byte [rdx + rdi], 0
    inc rdi
    js .next
    add rsp, 64
    pop rbx
    ret
global downwards:function
downwards:
    push rbx
    sub rsp, 64
    mov eax, 64
.next:
    mov byte [rsp + rax - 1], 0
    dec eax
    jnz .next
    add rsp, 64
    pop rbx
    ret
