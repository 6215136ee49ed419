; check: --root start --config own.toml a.o
;;; own.toml
[[code]]
symbols = ["start"]
bits = 32
reason = "Multiboot: the loader enters it in 32-bit mode"

[[segment]]
selector = 8
bits = 64
reason = "the descriptor has the L bit"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global start:function
section .text
bits 32
start:
    jmp 8:long_mode
bits 64
long_mode:                  ; nothing says what it may rely on
    xor ebx, ebx
.stop:
    hlt
    jmp .stop
