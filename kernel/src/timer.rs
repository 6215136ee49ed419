//! The interval timer (8253), channel 0, which drives interrupt line 0.

use core::ops::RangeInclusive;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use x86_64::instructions::interrupts::without_interrupts;
use x86_64::instructions::port::Port;

pub(crate) const DEFAULT_HZ: u32 = 100;
/// 16 bits of divisor bound it below; above, handlers would leave no time for anything else.
pub(crate) const RANGE_HZ: RangeInclusive<u32> = 19..=20_000;

const INPUT_HZ: u32 = 1_193_182;
/// Channel 0, both bytes of the divisor, mode 2 (rate generator), binary.
const CHANNEL_0_RATE: u8 = 0b0011_0100;

static FREQUENCY: AtomicU32 = AtomicU32::new(0);

pub(crate) fn frequency() -> u32 {
    FREQUENCY.load(Relaxed)
}

/// Sets the rate of interrupts. `hz` must be in [`RANGE_HZ`].
pub(crate) fn set_frequency(hz: u32) {
    FREQUENCY.store(hz, Relaxed);
    let [low, high, ..] = (INPUT_HZ / hz).to_le_bytes();
    without_interrupts(|| {
        // SAFETY: these are the timer's ports, and nothing else programs it.
        unsafe {
            Port::new(0x43).write(CHANNEL_0_RATE);
            Port::new(0x40).write(low);
            Port::new(0x40).write(high);
        }
    });
}
