//! Which arguments are pointers: learned from how runs end.
//!
//! A number that is used as a pointer ends a run at an address near it; a
//! pointer that is used as a length lets a run touch too much memory.

use oracle::random::Random;

use crate::entry::Entry;
use crate::outcome::{Ending, Outcome};

/// So far around an argument an address is said to come from it, in bytes.
const NEAR: u64 = 8192;

/// What was learned about one function. Sets of arguments are bits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Taste {
    learned: u32,
    /// With these pointers a run returned.
    good: Option<u32>,
}

impl Taste {
    /// The pointers of the next run.
    pub(crate) fn pointers(self, random: &mut Random) -> u32 {
        let flipped = |set: u32, random: &mut Random| set ^ (1 << random.below(8));
        match (random.below(8), self.good) {
            (0, _) => random.bits() as u32,
            (1, Some(good)) => flipped(good, random),
            (2..5, Some(good)) => good,
            (5, _) => flipped(self.learned, random),
            _ => self.learned,
        }
    }

    /// Learns from a run.
    pub(crate) fn learn(&mut self, entry: &Entry, outcome: &Outcome, random: &mut Random) {
        match outcome.ending {
            Ending::Returned => self.good = Some(entry.pointers),
            Ending::Unmappable => {
                let culprit = outcome.address.and_then(|address| nearest(entry, address));
                self.learned |= culprit.map_or(0, |argument| 1 << argument);
            }
            Ending::OutOfMemory | Ending::TimeOut => self.learned &= !(1 << random.below(14)),
            _ => {}
        }
    }
}

/// The argument that is a number and nearest to an address.
fn nearest(entry: &Entry, address: u64) -> Option<usize> {
    let distance = |argument: u64| (address.wrapping_sub(argument) as i64).unsigned_abs();
    let numbers = entry.arguments().enumerate();
    numbers
        .filter(|&(number, _)| entry.pointers >> number & 1 == 0)
        .map(|(number, argument)| (distance(argument), number))
        .min()
        .filter(|&(distance, _)| distance < NEAR)
        .map(|(_, number)| number)
}
