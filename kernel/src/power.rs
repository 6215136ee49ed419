//! How the machine ends.

use crate::controller::{self, Command};
use x86_64::instructions::port::Port;
use x86_64::instructions::{hlt, interrupts};

/// What QEMU's isa-debug-exit device is told. QEMU's status is then twice that, plus one.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Exit {
    Off = 0x10,
    Fault = 0x11,
    Panic = 0x12,
    NestedFault = 0x13,
    DoubleFault = 0x14,
}

/// Ends the emulator with `exit`; without that device, stands still.
pub(crate) fn exit(exit: Exit) -> ! {
    // SAFETY: no other device listens at this port.
    unsafe { Port::new(0xf4).write(exit as u8) }
    halt()
}

/// Switches off: as the tests want it, as QEMU's ACPI wants it, or by asking the person.
pub(crate) fn off() -> ! {
    println!("off");
    // SAFETY: no other device listens at 0xf4; at 0x604 is the power management of QEMU's
    // machines, and the value is its soft-off.
    unsafe {
        Port::new(0xf4).write(Exit::Off as u8);
        Port::new(0x604).write(0x2000_u16);
    }
    println!("It is now safe to turn off the machine.");
    halt()
}

/// Resets by the keyboard controller, which is wired to the processor's reset line.
pub(crate) fn reboot() -> ! {
    println!("reboot");
    controller::command(Command::Reset);
    halt()
}

fn halt() -> ! {
    interrupts::disable();
    loop {
        hlt();
    }
}
