//! Which arguments are pointers: learned from how runs end.
//!
//! A number that is used as a pointer ends a run at an address near it; a
//! pointer that is used as a length lets a run touch too much memory.

use oracle::random::Random;

/// So far around an argument an address is said to come from it, in bytes.
const NEAR: u64 = 8192;

/// What was learned about one function. Sets of arguments are bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taste {
    learned: u32,
    /// With these pointers a run returned.
    good: Option<u32>,
    /// How many arguments there are.
    arguments: u64,
}

/// What the end of a run tells of its arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lesson {
    /// It returned.
    Good,
    /// This one should have been a pointer.
    Pointer(usize),
    /// It took too long or too much: a pointer may have been taken for a length.
    TooMuch,
}

impl Taste {
    /// Nothing is known of so many arguments.
    pub(crate) const fn of(arguments: u64) -> Self {
        Self {
            learned: 0,
            good: None,
            arguments,
        }
    }

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

    /// Learns from a run with these pointers.
    pub(crate) fn learn(&mut self, pointers: u32, lesson: Option<Lesson>, random: &mut Random) {
        match lesson {
            Some(Lesson::Good) => self.good = Some(pointers),
            Some(Lesson::Pointer(argument)) => self.learned |= 1 << argument,
            Some(Lesson::TooMuch) => self.learned &= !(1 << random.below(self.arguments)),
            None => {}
        }
    }
}

/// The argument that is a number and nearest to an address, by how far each is from it.
pub(crate) fn nearest(pointers: u32, distances: impl Iterator<Item = u64>) -> Option<usize> {
    let numbers = distances.enumerate();
    numbers
        .filter(|&(number, _)| pointers >> number & 1 == 0)
        .map(|(number, distance)| (distance, number))
        .min()
        .filter(|&(distance, _)| distance < NEAR)
        .map(|(_, number)| number)
}
