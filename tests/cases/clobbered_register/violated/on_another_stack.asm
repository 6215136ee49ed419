; A call on another stack, declared, still owes its caller the registers.
; check: --root on_stack --config own.toml a.o
;;; own.toml
[[contract]]
symbols = ["on_stack"]
switches_stack = true
reason = "rdi is the top of an empty stack, aligned to 16"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global on_stack:function
section .text
on_stack:
    mov rbx, rsp          ; where to come back to, and nobody saved rbx
    mov rsp, rdi
    call rsi
    mov rsp, rbx
    ret
