//! The keyboard's controller (8042).

use core::hint::spin_loop;
use x86_64::instructions::port::Port;

const DATA: u16 = 0x60;
const STATUS: u16 = 0x64;
/// There is a byte to be read.
const OUTPUT_FULL: u8 = 0x01;
/// What was written last has not been taken yet.
const INPUT_FULL: u8 = 0x02;
/// Far longer than the controller takes, far shorter than a person waits.
const PATIENCE: usize = 100_000;

/// What the controller does for a byte written to its command port.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Command {
    /// Takes the next byte as its configuration.
    Configure = 0x60,
    /// Hands out the next byte as if the keyboard had sent it.
    FromKeyboard = 0xd2,
    /// Pulses the processor's reset line.
    Reset = 0xfe,
}

/// The byte that waits to be read, if there is one.
pub(crate) fn read() -> Option<u8> {
    let mut data = Port::new(DATA);
    // SAFETY: reading ends the keyboard's request, and does nothing else.
    (status() & OUTPUT_FULL != 0).then(|| unsafe { data.read() })
}

pub(crate) fn command(command: Command) {
    wait_until_ready();
    // SAFETY: the commands are what they are documented to be.
    unsafe { Port::new(STATUS).write(command as u8) }
}

/// Writes a command's operand; or, without a command before it, writes to the keyboard itself.
pub(crate) fn write(byte: u8) {
    wait_until_ready();
    // SAFETY: what the controller and the keyboard do with it cannot touch memory.
    unsafe { Port::new(DATA).write(byte) }
}

fn wait_until_ready() {
    // A controller that never becomes ready is not there; then nothing is lost by writing.
    for _ in 0..PATIENCE {
        if status() & INPUT_FULL == 0 {
            return;
        }
        spin_loop();
    }
}

fn status() -> u8 {
    // SAFETY: reading the status changes nothing.
    unsafe { Port::new(STATUS).read() }
}
