; check: --all-exported --config abide.toml a.o
; format: elf32
; On stacks of words alone: four bytes more than it was handed.
;;; a.asm
bits 32
global f:function
section .text
f:
    mov eax, [esp + 4]
    add eax, [esp + 8]
    ret 12
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["f"]
convention = "stdcall-4"
stack_arguments = 8
reason = "declared so in C"
