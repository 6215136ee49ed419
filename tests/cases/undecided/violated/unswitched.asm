; check: --root overflow --config own.toml a.o
;;; own.toml
[[code]]
symbols = ["overflow.narrow"]
bits = 32
reason = "it is 32-bit code"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global overflow:function
section .text
overflow:
    mov eax, edi            ; and runs on into it in 64-bit mode
bits 32
.narrow:
    inc eax
    ret
