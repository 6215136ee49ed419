//! Where a panic ends.

use crate::power::{self, Exit};
use crate::{backtrace, console, exceptions};
use core::panic::PanicInfo;
use x86_64::instructions::interrupts;

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    interrupts::disable();
    // SAFETY: nothing that was interrupted runs again.
    unsafe { console::seize() }
    if exceptions::is_reporting() {
        println!("panic inside the fault handler: {info}");
        power::exit(Exit::NestedFault);
    }
    println!("\npanic: {info}");
    backtrace::print(panic as *const () as u64, frame());
    power::exit(Exit::Panic)
}

/// This function's caller's frame.
#[inline(always)]
fn frame() -> u64 {
    let frame;
    // SAFETY: reads RBP, which is the frame: the kernel is compiled with frame pointers.
    unsafe {
        core::arch::asm!("mov {}, rbp", out(reg) frame, options(nomem, nostack, preserves_flags))
    }
    frame
}

/// The prebuilt `alloc` has landing pads, which name these two. Nothing unwinds, so nothing comes
/// here; but a link must be complete.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    panic!("unwinding")
}

#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() -> ! {
    panic!("unwinding")
}
