; check: --root f --root g --config own.toml a.o
;;; own.toml
[[contract]]
symbols = ["f"]
arguments = ["rax", "r10"]
results = ["rdx"]
preserves = ["rbp", "r10", "r12", "r13", "r14", "r15"]
reason = "its callers are generated, and keep a pointer in r10"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
global g:function
section .text
f:
    mov rbx, [r10]
    lea rdx, [r10 + rax]
    ret
g:                        ; knows what f preserves, and what it does not
    push rbx
    xor eax, eax
    mov r10, rdi
    call f
    mov rax, [r10]
    add rax, rdx
    pop rbx
    ret
