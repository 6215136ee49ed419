; check: --config own.toml a.o
;;; own.toml
[[code]]
symbols = ["start*", "has_long_mode"]
bits = 32
reason = "Multiboot: the loader enters it in 32-bit mode"

[[segment]]
selector = 8
bits = 64
reason = "the descriptor below has the L bit"

[[contract]]
symbols = ["start", "long_mode"]
root = true
never_returns = true
reason = "entered by a jump"

[[contract]]
symbols = ["has_long_mode"]
root = true
reason = "called by 32-bit code of another file"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global start:function
global has_long_mode:function
extern main
section .text
bits 32
start:
    mov esp, stack_top
    call has_long_mode
    test eax, eax
    jz .no
    mov eax, cr0
    or eax, 1 << 31
    mov cr0, eax
    lgdt [pointer]
    jmp 8:long_mode
.no:
    hlt
    jmp .no
has_long_mode:              ; ebx is a 32-bit caller's
    push ebx
    mov eax, 0x80000001
    cpuid
    mov eax, edx
    and eax, 1 << 29
    pop ebx
    ret
bits 64
long_mode:
    mov rsp, stack_top
    call main
    ud2
section .rodata
gdt:
    dq 0, 0x00209a0000000000
pointer:
    dw $ - gdt - 1
    dq gdt
section .bss align=16
    resb 4096
stack_top:
