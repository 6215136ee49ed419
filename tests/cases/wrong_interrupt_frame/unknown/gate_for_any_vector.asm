; check: a.o b.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
section .text
handler:
    iretq
;;; b.rs
#![no_std]
#![crate_type = "lib"]

unsafe extern "C" {
    fn handler();
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Gate {
    low: u16,
    selector: u16,
    kind: u16,
    middle: u16,
    high: u32,
    reserved: u32,
}

/// Which of the gates it is, whoever calls this knows.
#[unsafe(no_mangle)]
pub fn install(gate: &mut Gate) {
    let entry = handler as *const () as u64;
    *gate = Gate {
        low: entry as u16,
        selector: 8,
        kind: 0x8e00,
        middle: (entry >> 16) as u16,
        high: (entry >> 32) as u32,
        reserved: 0,
    };
}
