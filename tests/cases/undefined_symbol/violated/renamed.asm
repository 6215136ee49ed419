; check: --entry start --source main.rs start.o main.o
;;; start.asm
extern main
global start:function
start:
    call main
    ret
global idt_laod:function
idt_laod:
    lidt [rdi]
    ret
global gdt_load:function
gdt_load:
    lgdt [rdi]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; main.rs
#![no_std]

unsafe extern "C" {
    fn idt_load(p: *const u8);
    fn gdt_load(p: *const u8);
}

#[unsafe(no_mangle)]
pub extern "C" fn main() {
    unsafe { gdt_load(core::ptr::null()) }
    unsafe { idt_load(core::ptr::null()) }
}
