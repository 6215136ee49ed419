; check: a.o b.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global page_fault:function
section .text
page_fault:
    push rax
    mov rax, cr2
    pop rax
    iretq
;;; b.rs
#![no_std]
#![crate_type = "lib"]
use core::arch::asm;

unsafe extern "C" {
    fn page_fault();
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Gate {
    low: u16,
    selector: u16,
    stack: u8,
    kind: u8,
    middle: u16,
    high: u32,
    reserved: u32,
}

#[repr(C, packed)]
struct Pointer {
    limit: u16,
    base: *const Gate,
}

static mut GATES: [Gate; 32] =
    [Gate { low: 0, selector: 0, stack: 0, kind: 0, middle: 0, high: 0, reserved: 0 }; 32];

#[inline(never)]
fn gate(entry: u64) -> Gate {
    Gate {
        low: entry as u16,
        selector: 8,
        stack: 0,
        kind: 0x8e,
        middle: (entry >> 16) as u16,
        high: (entry >> 32) as u32,
        reserved: 0,
    }
}

#[unsafe(no_mangle)]
pub fn init() {
    unsafe {
        GATES[14] = gate(page_fault as *const () as u64);
        let pointer = Pointer { limit: 511, base: (&raw const GATES).cast() };
        asm!("lidt [{}]", in(reg) &pointer, options(readonly, nostack));
    }
}
