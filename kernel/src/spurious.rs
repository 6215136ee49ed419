//! `spurious`: requests that vanish before the processor asks who it was.

use crate::interrupts as counters;
use crate::pic::{self, Controller};
use x86_64::instructions::interrupts;
use x86_64::instructions::port::Port;

/// The clock's line on the second controller.
const CLOCK_LINE: u8 = 0;
const CLOCK_INDEX: u16 = 0x70;
const CLOCK_DATA: u16 = 0x71;
/// Register B of the clock: its interrupts, of which the periodic one (1,024 Hz) is bit 6.
const CLOCK_B: u8 = 0x8b;
/// Register C: reading it ends the clock's request.
const CLOCK_C: u8 = 0x8c;
const PERIODIC: u8 = 0x40;
/// Operation control word 3: the next read gives the requests that wait.
const READ_REQUESTS: u8 = 0x0a;

pub(crate) fn run() {
    first();
    second();
    println!(
        "spurious: irq7={} irq15={}",
        counters::spurious(Controller::First),
        counters::spurious(Controller::Second)
    );
}

/// The first controller lets a request go together with its line, in every emulator: so the
/// vector is entered by software, which looks the same from the handler. Nothing is in service.
fn first() {
    // SAFETY: the gate of vector 39 leads to a wrapper that restores everything.
    unsafe { core::arch::asm!("int 39") }
}

/// The second controller's request is latched by the first. Masked at its source before the
/// processor asks, it leaves the second controller with nothing but its lowest line to report.
fn second() {
    interrupts::disable();
    // SAFETY: the clock is nobody else's, and interrupts stay off while its line is open.
    unsafe {
        let ours = read_clock(CLOCK_B);
        write_clock(CLOCK_B, ours | PERIODIC);
        read_clock(CLOCK_C);
        pic::unmask_second(Some(CLOCK_LINE));
        while !is_requested() {}
        pic::unmask_second(None);
        write_clock(CLOCK_B, ours);
        read_clock(CLOCK_C);
    }
    interrupts::enable();
}

/// Whether the first controller has latched a request of the second.
fn is_requested() -> bool {
    let mut command: Port<u8> = Port::new(0x20);
    // SAFETY: reading the request register changes nothing.
    unsafe {
        command.write(READ_REQUESTS);
        command.read() & 0x04 != 0
    }
}

unsafe fn read_clock(register: u8) -> u8 {
    // SAFETY: the caller's.
    unsafe {
        Port::new(CLOCK_INDEX).write(register);
        Port::new(CLOCK_DATA).read()
    }
}

unsafe fn write_clock(register: u8, value: u8) {
    // SAFETY: the caller's.
    unsafe {
        Port::new(CLOCK_INDEX).write(register);
        Port::new(CLOCK_DATA).write(value);
    }
}
