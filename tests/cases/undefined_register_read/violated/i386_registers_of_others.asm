; check: --all-exported --config abide.toml a.o
; format: elf32
; Each takes an argument from a register that its convention passes none in: edx is fastcall's and no
; method's, eax is what `regparm` says and not fastcall's.
;;; a.asm
bits 32
global this:function, fast:function, c:function
section .text
this:
    mov eax, [ecx + edx * 4]
    ret
fast:
    mov eax, [ecx + eax * 4]
    ret
c:
    mov eax, [ecx]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["this"]
convention = "thiscall"
stack_arguments = 0
reason = "a method of C++"

[[contract]]
symbols = ["fast"]
convention = "fastcall"
stack_arguments = 0
reason = "declared so in C"
