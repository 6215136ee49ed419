; A convention of its own, declared, is checked as declared: r10 is preserved by it, rbx is not.
; check: --root f --config own.toml a.o
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
section .text
f:
    mov rbx, [r10]
    add r10, rax
    mov rdx, r10
    ret
