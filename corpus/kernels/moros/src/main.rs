#![no_std]
#![no_main]

use core::panic::PanicInfo;

/// This program is linked, and never runs.
#[unsafe(no_mangle)]
extern "C" fn main() {
    moros::sys::idt::init();
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
