; check: --config c.toml a.o
;;; a.asm
global f:function
section .text
f:
    ret
;;; c.toml
[[allow]]
rule = "executable_stack"
symbols = ["a.o"]
reason = "a suppression may name an object"
