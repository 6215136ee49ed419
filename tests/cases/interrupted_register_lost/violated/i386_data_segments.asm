; check: --root isr --root clock --config abide.toml a.o
; format: elf32
; The kernel's segments stay behind: what runs in user mode goes on with them. Of a stack's segment, and where the
; kernel alone is interrupted, few take notice.
;;; a.asm
bits 32
global isr:function, clock:function
section .text
isr:
    pushad
    mov eax, 0x10
    mov ds, eax
    mov es, eax
    mov eax, 0x18
    mov ss, eax
    popad
    iretd
clock:
    push eax
    mov eax, 0x10
    mov gs, eax
    pop eax
    iretd
section .note.GNU-stack noalloc noexec nowrite progbits
;;; abide.toml
[[contract]]
symbols = ["isr"]
interrupt = { vector = 33, user = true }
reason = "its gate"
[[contract]]
symbols = ["clock"]
interrupt = { vector = 32 }
reason = "its gate"
