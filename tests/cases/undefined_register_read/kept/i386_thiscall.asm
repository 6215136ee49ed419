; check: --all-exported --config abide.toml a.o
; format: elf32
;;; a.asm
bits 32
global this:function
section .text
this:
    mov eax, [ecx]
    add eax, [esp + 4]
    ret 4
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["this"]
convention = "thiscall"
stack_arguments = 4
reason = "a method of C++"
