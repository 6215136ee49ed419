//! The chain of frames: who called whom, by name.

use crate::symbols;

/// A deep recursion is told well enough by its last calls, and the report fits the screen.
const LONGEST: usize = 11;
/// The end of what boot.asm mapped page by page: all stacks lie below.
const MAPPED_END: u64 = 0x20_0000;

/// What `push rbp; mov rbp, rsp` leaves at RBP.
#[repr(C)]
struct Frame {
    caller: u64,
    return_address: u64,
}

/// Prints the calls that led to `instruction`, whose function has its frame at `frame`.
pub(crate) fn print(instruction: u64, frame: u64) {
    println!("backtrace:");
    print_place(instruction, instruction);
    for return_address in return_addresses(frame).take(LONGEST) {
        // The call before it counts: behind a call that never returns stands another function.
        print_place(return_address, return_address - 1);
    }
}

/// Follows the chain as long as it makes sense: aligned, and in mapped memory.
fn return_addresses(frame: u64) -> impl Iterator<Item = u64> {
    let mut next = frame;
    core::iter::from_fn(move || {
        let plausible = next.is_multiple_of(8) && (0x1000..MAPPED_END - 16).contains(&next);
        if !plausible {
            return None;
        }
        // SAFETY: aligned and mapped, unless a guard page; the recursion guard covers that.
        let frame = unsafe { (next as *const Frame).read_volatile() };
        // Interrupts change stacks, so the chain need not rise; the count above bounds it.
        next = frame.caller;
        (frame.return_address != 0).then_some(frame.return_address)
    })
}

/// Prints `address` and the function that has `inside` in it.
fn print_place(address: u64, inside: u64) {
    match symbols::of(inside) {
        Some(symbol) => {
            let offset = address - u64::from(symbol.address);
            println!("  {address:#010x} {:#}+{offset:#x}", symbol.name());
        }
        None => println!("  {address:#010x} ?"),
    }
}
