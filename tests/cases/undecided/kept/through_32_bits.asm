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

[[code]]
symbols = ["overflow.narrow", "helper"]
bits = 32
reason = "entered by the third descriptor"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global overflow:function
section .text
overflow:                   ; saves what 32-bit mode has no room for
    push rbx
    push rbp
    push 0x18
    lea rax, [rel .narrow]
    push rax
    retfq
bits 32
.narrow:
    push ecx                ; the stack is the same, by its low half
    mov ecx, [esp + 4]
    call helper
    pop ecx
    into
    jmp 8:overflow.long
bits 64
.long:
    pop rbp
    pop rbx
    ret
bits 32
helper:
    push ebx
    mov ebx, 1
    add eax, ebx
    pop ebx
    ret
