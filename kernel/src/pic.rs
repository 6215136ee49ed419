//! The two cascaded interrupt controllers (8259).

use pic8259::ChainedPics;
use spin::Mutex;
use x86_64::instructions::interrupts::without_interrupts;
use x86_64::instructions::port::Port;

pub(crate) const LINES: usize = 16;
const FIRST: usize = 32;
const SECOND: usize = FIRST + 8;

pub(crate) const TIMER: usize = FIRST;
pub(crate) const KEYBOARD: usize = FIRST + 1;
const CASCADE: usize = FIRST + 2;
/// The lowest priority of each controller is what it reports when a request has vanished.
pub(crate) const SPURIOUS_FIRST: usize = FIRST + 7;
pub(crate) const SPURIOUS_SECOND: usize = SECOND + 7;

/// A set bit masks a line. In use are the timer, the keyboard and the cascade.
const MASKS: [u8; 2] = [0b1111_1000, 0b1111_1111];

/// Operation control word 3: the next read of the command port gives the in-service register.
const READ_IN_SERVICE: u8 = 0x0b;

// SAFETY: vectors 32 to 47 are free, and no one else programs the controllers.
static PICS: Mutex<ChainedPics> =
    Mutex::new(unsafe { ChainedPics::new(FIRST as u8, SECOND as u8) });

#[derive(Clone, Copy)]
pub(crate) enum Controller {
    First,
    Second,
}

pub(crate) fn init() {
    let mut pics = PICS.lock();
    // SAFETY: interrupts are off, and each unmasked line has its gate.
    unsafe {
        pics.initialize();
        pics.write_masks(MASKS[0], MASKS[1]);
    }
}

/// Tells the controllers that the handler of `vector` is done.
pub(crate) fn end_of_interrupt(vector: usize) {
    // SAFETY: the caller serves the interrupt of this very vector.
    unsafe { PICS.lock().notify_end_of_interrupt(vector as u8) }
}

/// Ends the cascade's interrupt alone: what a spurious interrupt of the second controller needs,
/// because the first one did see a true request.
pub(crate) fn end_of_cascade() {
    end_of_interrupt(CASCADE);
}

/// Whether the controller really serves its lowest line: if not, line 7 or 15 is spurious.
pub(crate) fn serves_lowest(controller: Controller) -> bool {
    let mut command: Port<u8> = Port::new(match controller {
        Controller::First => 0x20,
        Controller::Second => 0xa0,
    });
    // SAFETY: reading the in-service register changes nothing else.
    let in_service = unsafe {
        command.write(READ_IN_SERVICE);
        command.read()
    };
    in_service & 0x80 != 0
}

/// Masks all lines of the second controller but `line` (0 to 7), or all.
pub(crate) fn unmask_second(line: Option<u8>) {
    let mask = line.map_or(MASKS[1], |line| !(1 << line));
    // The handlers take the lock too.
    without_interrupts(|| {
        // SAFETY: the caller keeps interrupts off for as long as a line without a gate is open.
        unsafe { PICS.lock().write_masks(MASKS[0], mask) }
    });
}
