; check: --all-exported --config abide.toml a.o
; format: elf32
; On stacks of words alone: it takes what it was handed, and so does what it calls.
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    push dword [esp + 8]
    push dword [esp + 8]
    call g
    ret 8
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["f", "g"]
convention = "stdcall-4"
stack_arguments = 8
reason = "declared so in C"
