; The processor's tables, as Rust calls for them. Each function keeps the System V convention.

    default rel

section .text

; fn idt_load(pointer: *const IdtPointer)
global idt_load:function (idt_load.end - idt_load)
    align 16
idt_load:
    lidt [rdi]
    ret
.end:

; fn gdt_load(pointer: *const GdtPointer, code: u16, data: u16)
; The segment registers keep their hidden parts until they are loaded anew.
global gdt_load:function (gdt_load.end - gdt_load)
    align 16
gdt_load:
    lgdt [rdi]
    mov ds, edx
    mov es, edx
    mov fs, edx
    mov gs, edx
    mov ss, edx
    movzx esi, si
    lea rax, [.reloaded]
    push rsi
    push rax
    retfq
.reloaded:
    ret
.end:

; fn task_load(selector: u16)
global task_load:function (task_load.end - task_load)
    align 16
task_load:
    ltr di
    ret
.end:

section .note.GNU-stack noalloc noexec nowrite progbits
