; check: --all-exported --config abide.toml a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov eax, [ecx]
    add eax, edx
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["f"]
convention = "fastcall"
stack_arguments = 0
reason = "declared so in C"
