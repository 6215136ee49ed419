; check: --config abide.toml kbd.o
; format: elf32
;;; abide.toml
[[contract]]
symbols = ["_interrupt_handler_kbd_wrapper"]
interrupt = { vector = 33 }
reason = "the keyboard's interrupt, by a gate of the kernel"
;;; kbd.asm
[bits 32]
global _interrupt_handler_kbd_wrapper
extern _interrupt_handler_kbd

_interrupt_handler_kbd_wrapper:
    pushad
    call _interrupt_handler_kbd
    popad
    iret
