; check: --all-exported --config abide.toml a.o
; format: elf32
;;; a.asm
bits 32
global f:function
section .text
f:
    mov eax, [eax]
    add eax, edx
    add eax, ecx
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["f"]
convention = "regparm"
reason = "the kernel is compiled with -mregparm=3"
