; check: --all-exported --config abide.toml a.o
; format: elf32
; The first three arguments come in registers; ebx is the caller's all the same.
;;; a.asm
bits 32
global f:function
section .text
f:
    lea ebx, [eax + edx]
    lea eax, [ebx + ecx]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["f"]
convention = "regparm"
reason = "the kernel is compiled with -mregparm=3"
