; check: --config c.toml a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global switch_to
switch_to:
    ret
;;; c.toml
[[allow]]
rule = "untyped_symbol"
symbols = ["switch_to", "swich_to", "removed_*"]
reason = "the macro of 2019 cannot type them"
