; check: a.o
;;; a.asm
global add_one:function, code_end, counter, local_to_rust:data
add_one:
    lea eax, [rdi + 1]
    ret
local_to_rust: db 0
not_global:
    ret
code_end:
section .data
counter: dd 0
section .note.GNU-stack noalloc noexec nowrite progbits
