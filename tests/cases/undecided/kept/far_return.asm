; check: --root reload --config own.toml a.o
;;; own.toml
[[instruction]]
at = "reload+0xc"
bits = 64
reason = "its callers hand it the selector of 64-bit code"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global reload:function
section .text
reload:
    movzx esi, si
    lea rax, [rel .here]
    push rsi
    push rax
    retfq
.here:
    ret
