; check: --all-exported --config abide.toml a.o
; format: elf32
; Both pop their arguments by their declaration: `f` leaves them to its caller, `g` takes half of them.
;;; a.asm
bits 32
global f:function, g:function
section .text
f:
    mov eax, [esp + 4]
    add eax, [esp + 8]
    ret
g:
    mov eax, [esp + 4]
    add eax, [esp + 8]
    ret 4
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["f", "g"]
convention = "stdcall"
stack_arguments = 8
reason = "declared so in C"
