//! A small kernel, written to show where Rust and assembly meet.
//!
//! `asm/boot.asm` loads it, `asm/runtime.asm` enters [`main`], `asm/isr_wrapper.asm` brings the
//! interrupts. Every `extern "C"` block names the file that defines what it declares; README.md
//! lists all crossings.

#![no_std]

extern crate alloc;

#[macro_use]
mod console;

mod backtrace;
mod controller;
mod exceptions;
mod faults;
mod gdt;
mod heap;
mod idt;
mod interrupts;
mod keyboard;
mod line;
mod memory_map;
mod noise;
mod panic;
mod pic;
mod power;
mod screen;
mod shell;
mod spurious;
#[cfg(feature = "experiments")]
mod stress;
mod symbols;
mod timer;

/// Called by `start` (asm/runtime.asm), once, with interrupts off.
#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    console::init();
    gdt::init();
    idt::init();
    heap::init();
    pic::init();
    keyboard::init();
    timer::set_frequency(timer::DEFAULT_HZ);
    x86_64::instructions::interrupts::enable();
    shell::run()
}
