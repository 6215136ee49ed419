; example
; check: --entry start start.o idt.o
;;; start.asm
extern idt_load
global start:function
start:
    call idt_load
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; idt.asm
; No `global`: the name stays in this object.
idt_load:
    lidt [rdi]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
