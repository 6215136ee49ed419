//! What the memory of a run holds.

use oracle::random::Random;

/// What memory holds that nothing was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// Zeros.
    Zeros,
    /// Words that are small numbers.
    Small,
    /// Random bits.
    Bits,
    /// Pointers to more memory.
    Pointers,
    /// Any of these, word by word.
    Mixed,
}

impl Filling {
    pub(crate) fn random(random: &mut Random) -> Self {
        match random.below(5) {
            0 => Self::Zeros,
            1 => Self::Small,
            2 => Self::Bits,
            3 => Self::Pointers,
            _ => Self::Mixed,
        }
    }

    /// One word of memory, of which a narrower one is the low part.
    pub(crate) fn word(self, random: &mut Random, pointer: impl Fn(&mut Random) -> u64) -> u64 {
        match self {
            Self::Zeros => 0,
            Self::Small => random.below(64),
            Self::Bits => random.bits(),
            Self::Pointers => pointer(random),
            Self::Mixed => match random.below(4) {
                0 => random.below(256),
                1 => pointer(random),
                2 => random.word(),
                _ => random.bits(),
            },
        }
    }
}
