; check: --root overflow --config own.toml a.o
;;; own.toml
[[segment]]
selector = 0x18
bits = 32
reason = "gdt.rs: the third descriptor"

[[segment]]
selector = 8
bits = 64
reason = "gdt.rs: the first descriptor"

;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global overflow:function
section .text
overflow:
    push 0x18
    lea rax, [rel .narrow]
    push rax
    retfq
bits 32
.narrow:                    ; nothing declares it
    jmp 8:overflow.long
bits 64
.long:
    ret
