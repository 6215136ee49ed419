//! Random states that cdecl lets a function be entered in.

use oracle::narrow;
use oracle::random::Random;
use oracle::state::{Areas, State};

use crate::entry::Seed;
use crate::filling::Filling;
use crate::taste::nearest;

/// The size of a page, in bytes.
pub(super) const PAGE: u64 = 4096;
/// The stack; nothing is mapped around it.
pub(super) const STACK: std::ops::Range<u64> = 0x7000_0000..0x7010_0000;
/// What lies above SP at the entry: the caller's frame.
const CALLERS: u64 = 4 * PAGE;
/// What pointers lead to: a region for each argument, far from one another.
const REGIONS: u64 = 0x8000_0000;
const REGION_SIZE: u64 = 0x0200_0000;
/// So many words above the return address look like arguments.
pub(super) const ARGUMENTS: usize = 12;

/// How many regions there are for what memory points to.
const OTHERS: u64 = 16;

/// SP's place among the registers.
pub(super) const SP: usize = 4;

/// The middle of a region.
fn region(number: u64) -> u64 {
    REGIONS + REGION_SIZE * number + REGION_SIZE / 2
}

/// A pointer that memory holds.
pub(super) fn pointer(random: &mut Random) -> u64 {
    region(ARGUMENTS as u64 + random.below(OTHERS)) + 64 * random.below(1024)
}

/// What a run begins with.
pub(super) struct Entry {
    pub(super) state: State,
    pub(super) filling: Filling,
    /// A bit for each argument: whether it is a pointer.
    pub(super) pointers: u32,
    pub(super) arguments: [u32; ARGUMENTS],
    /// What memory holds follows from it.
    pub(super) seed: u64,
}

impl Entry {
    pub(super) fn random(areas: Areas, seed: Seed) -> Self {
        let random = &mut Random::new(seed.number);
        let pointers = seed.pointers;
        let mut state = areas.random_state(random);
        // The x87 registers are free at a call, the direction flag is clear, and upper halves of
        // vector registers are not in use.
        state.xsave[4] = 0;
        state.free_upper_halves();
        state.flags &= !(1 << 10);
        for register in 0..8 {
            state.general[register] = random.bits();
        }
        narrow::narrow(&mut state);
        // The return address lies below a multiple of 16 bytes.
        state.general[SP] = STACK.end - CALLERS - PAGE + 16 * random.below(PAGE / 16) + 12;
        let powers = random.one_in(2);
        let arguments = std::array::from_fn(|number| match pointers >> number & 1 {
            1 => (region(number as u64) + 64 * random.below(64)) as u32,
            _ => number_of(powers, random),
        });
        Self {
            filling: Filling::random(random),
            seed: random.bits(),
            state,
            pointers,
            arguments,
        }
    }

    pub(super) fn stack_pointer(&self) -> u64 {
        self.state.general[SP]
    }

    /// The argument that is a number and nearest to an address.
    pub(super) fn nearest(&self, address: u64) -> Option<usize> {
        let distances = self.arguments.iter().map(|&argument| {
            let distance = (address as u32).wrapping_sub(argument);
            u64::from(distance.cast_signed().unsigned_abs())
        });
        nearest(self.pointers, distances)
    }
}

/// A length, a width, a count.
fn number_of(powers: bool, random: &mut Random) -> u32 {
    let number = match random.below(8) {
        _ if powers => 1 << random.below(8),
        0 => 0,
        1 | 2 => 1 << random.below(11),
        3 | 4 => 16 * (1 + random.below(16)),
        5 => 4 * (1 + random.below(32)),
        _ => random.below(64),
    };
    number as u32
}
