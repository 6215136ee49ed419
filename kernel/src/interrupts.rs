//! The Rust side of the hardware interrupts. asm/isr_wrapper.asm calls these four with interrupts
//! off, on a stack of their own. None of them prints: the console may be locked.

use crate::idt::EXCEPTIONS;
use crate::keyboard;
use crate::pic::{self, Controller};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How often each vector was entered, spurious entries not included.
static COUNTS: [AtomicU64; EXCEPTIONS + pic::LINES] = [const { AtomicU64::new(0) }; _];
/// Spurious interrupts of the first and of the second controller.
static SPURIOUS: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

pub(crate) fn count(vector: usize) -> u64 {
    COUNTS[vector].load(Relaxed)
}

/// All vectors that were entered at all, with their counts.
pub(crate) fn counts() -> impl Iterator<Item = (usize, u64)> {
    (0..COUNTS.len())
        .map(|vector| (vector, count(vector)))
        .filter(|(_, count)| *count > 0)
}

pub(crate) fn spurious(controller: Controller) -> u64 {
    SPURIOUS[controller as usize].load(Relaxed)
}

pub(crate) fn record(vector: usize) {
    COUNTS[vector].fetch_add(1, Relaxed);
}

#[unsafe(no_mangle)]
extern "C" fn _interrupt_handler_timer() {
    record(pic::TIMER);
    #[cfg(feature = "experiments")]
    crate::stress::disturb();
    pic::end_of_interrupt(pic::TIMER);
}

#[unsafe(no_mangle)]
extern "C" fn _interrupt_handler_kbd() {
    record(pic::KEYBOARD);
    keyboard::take_scancode();
    pic::end_of_interrupt(pic::KEYBOARD);
}

/// Line 7: no device is attached, so it is spurious unless the controller says otherwise.
/// A spurious interrupt is not in service: ending it would end somebody else's.
#[unsafe(no_mangle)]
extern "C" fn _interrupt_handler_irq7() {
    if pic::serves_lowest(Controller::First) {
        record(pic::SPURIOUS_FIRST);
        pic::end_of_interrupt(pic::SPURIOUS_FIRST);
    } else {
        SPURIOUS[Controller::First as usize].fetch_add(1, Relaxed);
    }
}

/// Line 15, likewise; but the first controller serves the cascade, truly, and waits for its end.
#[unsafe(no_mangle)]
extern "C" fn _interrupt_handler_irq15() {
    if pic::serves_lowest(Controller::Second) {
        record(pic::SPURIOUS_SECOND);
        pic::end_of_interrupt(pic::SPURIOUS_SECOND);
    } else {
        SPURIOUS[Controller::Second as usize].fetch_add(1, Relaxed);
        pic::end_of_cascade();
    }
}
