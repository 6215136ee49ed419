; check: --root has_long_mode --config own.toml a.o
;;; own.toml
[[code]]
symbols = ["has_long_mode"]
bits = 32
reason = "called by 32-bit code of another file"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global has_long_mode:function
section .text
bits 32
has_long_mode:
    mov eax, 0x80000001
    cpuid
    mov eax, edx
    and eax, 1 << 29
    ret
