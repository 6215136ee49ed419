; example
; check: --all-exported --config declared.toml a.o
;;; declared.toml
[[contract]]
symbols = ["f"]
stack_arguments = 0
reason = "two arguments, both in registers"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov [rsp + 8], rdi
    mov rax, rsi
    ret
