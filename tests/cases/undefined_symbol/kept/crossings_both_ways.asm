; check: --entry start start.o main.o
;;; start.asm
extern main
global start:function
start:
    call main
    ret
global idt_load:function
idt_load:
    lidt [rdi]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; main.rs
#![no_std]

unsafe extern "C" {
    fn idt_load(p: *const u8);
}

#[unsafe(no_mangle)]
pub extern "C" fn main() {
    unsafe { idt_load(core::ptr::null()) }
}
