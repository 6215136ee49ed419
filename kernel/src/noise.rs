//! `noise N`: random scancodes through the true path, from the controller by interrupt.

use crate::controller::{self, Command};
use crate::keyboard::{self, Decoder};
use crate::line::{Edit, Line};
use crate::{interrupts, pic};
use core::hint::spin_loop;

/// Far longer than any interrupt takes, far shorter than a person waits.
const PATIENCE: usize = 10_000_000;

/// Sends `bytes` random scancodes, and edits a line with the keys that they make.
pub(crate) fn run(bytes: u64) {
    let lost_before = keyboard::lost();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut decoder = Decoder::new();
    let mut line = Line::default();
    let (mut received, mut keys) = (0_u64, 0_u64);
    for _ in 0..bytes {
        send(random.next());
        while let Some(scancode) = keyboard::next_scancode() {
            received += 1;
            if let Some(key) = decoder.decode(scancode) {
                keys += 1;
                if let Edit::Entered = line.edit(key) {
                    line.take();
                }
            }
        }
    }
    let lost = keyboard::lost() - lost_before;
    println!("noise: bytes={bytes} received={received} keys={keys} lost={lost}");
}

/// Has the controller hand out `scancode`, and waits until its interrupt has been served.
fn send(scancode: u8) {
    let before = interrupts::count(pic::KEYBOARD);
    controller::command(Command::FromKeyboard);
    controller::write(scancode);
    for _ in 0..PATIENCE {
        if interrupts::count(pic::KEYBOARD) != before {
            return;
        }
        spin_loop();
    }
}

/// xorshift64: the same bytes every time, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u8
    }
}
