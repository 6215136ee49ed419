; check: --root overflow --config own.toml a.o
;;; own.toml
[[segment]]
selector = 0x18
bits = 32
reason = "gdt.rs: the third descriptor"

[[instruction]]
at = "overflow+0xb"
leads_to = ["overflow.long"]
reason = "the 32-bit code changes al alone"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global overflow:function
section .text
overflow:
    push rbx
    push 0x18
    lea rax, [rel .narrow]
    push rax
    retfq
bits 32
.narrow:
    mov al, 0x7f
    add al, 1
    jmp 8:.long
bits 64
.long:
    pop rbx
    ret
