; check: --all-exported --config abide.toml a.o
; format: elf32
;;; a.asm
bits 32
global f:function
extern g
section .text
f:
    sub esp, 8
    push dword [esp + 12]
    call g                      ; takes its argument off
    add esp, 8
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["g"]
convention = "stdcall"
stack_arguments = 4
reason = "declared so in its header"
