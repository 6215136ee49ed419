; check: --config abide.toml --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    vaddpd ymm0, ymm0, ymm1
    ret
;;; abide.toml
[[contract]]
symbols = ["f"]
results = ["ymm0"]
reason = "it returns an __m256d"
