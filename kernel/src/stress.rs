//! `stress N`: does an interrupt give back all that it found?
//!
//! Assembly and prebuilt `core` code keep values in the red zone, in XMM and in general registers,
//! while the timer's handler changes whatever a function may change. Built without the saving
//! (NASMFLAGS=-DNO_FXSAVE) or without the interrupts' own stacks (FEATURES=no_ist), values get lost.

use crate::{interrupts, pic, timer};
use core::hint::black_box;

// Defined in asm/stress.asm.
unsafe extern "C" {
    fn stress_red_zone(pattern: u64) -> u64;
    fn stress_xmm(pattern: u64) -> u64;
    fn stress_general(pattern: u64) -> u64;
    fn stress_clobber();
}

const HZ: u32 = 10_000;
/// Neither zero nor all ones, and different in every byte.
const PATTERN: u64 = 0x0123_4567_89ab_cdef;

/// The timer's handler calls this: it uses the registers as any Rust code might.
pub(crate) fn disturb() {
    let ticks = interrupts::count(pic::TIMER) as f64;
    black_box(black_box(ticks) * 1.5 + 0.25);
    // SAFETY: it keeps the convention, if barely.
    unsafe { stress_clobber() }
}

/// Checks until the timer has interrupted so often, and prints what was lost.
pub(crate) fn run(wanted: u64) {
    let usual = timer::frequency();
    timer::set_frequency(HZ);
    let start = interrupts::count(pic::TIMER);
    let (mut checks, mut red_zone, mut xmm, mut general, mut core) = (0_u64, 0, 0, 0, 0);
    let interrupts = loop {
        let pattern = PATTERN.rotate_left(checks as u32);
        // SAFETY: all three keep the convention.
        unsafe {
            red_zone += stress_red_zone(pattern);
            xmm += stress_xmm(pattern);
            general += stress_general(pattern);
        }
        core += u64::from(!core_is_right(pattern));
        checks += 1;
        let interrupts = interrupts::count(pic::TIMER) - start;
        if interrupts >= wanted {
            break interrupts;
        }
    };
    timer::set_frequency(usual);
    println!(
        "stress: interrupts={interrupts} checks={checks} redzone_corrupt={red_zone} \
         xmm_corrupt={xmm} gpr_corrupt={general} core_corrupt={core}"
    );
}

/// Sorts, copies and compares, which `core` does with XMM registers.
fn core_is_right(pattern: u64) -> bool {
    let mut words: [u64; 40] = core::array::from_fn(|index| pattern.rotate_left(index as u32 * 7));
    let sum = words
        .iter()
        .fold(0, |sum: u64, word| sum.wrapping_add(*word));
    black_box(&mut words).sort_unstable();
    let copy = black_box(words);
    copy.is_sorted()
        && copy
            .iter()
            .fold(0, |sum: u64, word| sum.wrapping_add(*word))
            == sum
}
