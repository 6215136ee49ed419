; check: --config c.toml a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    ret
;;; c.toml
[[allow]]
rule = "untyped_symbol"
symbols = ["f*"]
reason = "the macro of 2019 cannot type it"
