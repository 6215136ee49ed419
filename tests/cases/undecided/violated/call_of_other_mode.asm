; check: --root start --config own.toml a.o
;;; own.toml
[[code]]
symbols = ["start"]
bits = 32
reason = "Multiboot: the loader enters it in 32-bit mode"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global start:function
extern main
section .text
bits 32
start:                      ; main is 64-bit code
    call main
    ret
