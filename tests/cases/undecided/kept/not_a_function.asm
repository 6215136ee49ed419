; check: --all-exported --config own.toml a.o
;;; own.toml
[[contract]]
symbols = ["handler_*"]
not_a_function = true
reason = "interrupt handlers: they end in iret"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
global handler_timer:function
section .text
f:
    ret
handler_timer:
    iretq
