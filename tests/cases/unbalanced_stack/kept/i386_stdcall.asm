; check: --all-exported --config abide.toml a.o
; format: elf32
;;; a.asm
bits 32
global f:function, this:function, fast:function
section .text
f:
    mov eax, [esp + 4]
    add eax, [esp + 8]
    ret 8
this:
    mov eax, [ecx]
    add eax, [esp + 4]
    ret 4
fast:
    lea eax, [ecx + edx]
    add eax, [esp + 4]
    ret 4
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["f"]
convention = "stdcall"
stack_arguments = 8
reason = "declared so in C"

[[contract]]
symbols = ["this"]
convention = "thiscall"
stack_arguments = 4
reason = "a method of C++"

[[contract]]
symbols = ["fast"]
convention = "fastcall"
stack_arguments = 4
reason = "declared so in C"
