//! Where things lie in the address space of a run, by the width of its code.

use std::ops::Range;

use oracle::random::Random;

/// Where the image begins: low, so that addresses in 32 bits reach all of it.
pub(crate) const IMAGE: u64 = 0x1000_0000;
/// The size of a page, in bytes.
pub(crate) const PAGE: u64 = 4096;
/// How far nothing is mapped on demand around what was mapped before.
pub(crate) const MARGIN: u64 = 16 * PAGE;
/// What lies above the page of SP at the entry: the caller's frame.
pub(crate) const CALLERS_PAGES: u64 = 4;

/// What the address space of a run is like.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The bytes of a word of the stack.
    pub(crate) word: u64,
    /// The stack; what lies as far around it stays unmapped.
    pub(crate) stack: Range<u64>,
    /// What a program can have memory at.
    pub(crate) user_space: Range<u64>,
    /// What pointers lead to: a region for each argument, far from one another.
    regions: u64,
    region_size: u64,
}

/// That of 64-bit code.
pub(crate) static WIDE: Layout = Layout {
    word: 8,
    stack: 0x7000_0000_0000..0x7000_0010_0000,
    user_space: 0x1_0000..0x7fff_ffff_0000,
    regions: 0x2000_0000_0000,
    region_size: 1 << 32,
};

/// That of 32-bit code, which sees what lies below 4 GiB.
pub(crate) static NARROW: Layout = Layout {
    word: 4,
    stack: 0x7000_0000..0x7010_0000,
    user_space: 0x1_0000..0xff00_0000,
    regions: 0x8000_0000,
    region_size: 0x0200_0000,
};

impl Layout {
    /// That of code with addresses of so many bits.
    pub(crate) fn of(bits: u32) -> &'static Self {
        if bits == 32 { &NARROW } else { &WIDE }
    }

    /// Whether it is that of 32-bit code.
    pub(crate) const fn is_narrow(&self) -> bool {
        self.word == 4
    }

    /// The middle of a region.
    pub(crate) const fn region(&self, number: u64) -> u64 {
        self.regions + self.region_size * number + self.region_size / 2
    }

    /// A pointer that memory holds.
    pub(crate) fn pointer(&self, random: &mut Random) -> u64 {
        self.region(16 + random.below(16)) + 64 * random.below(1024)
    }

    /// As much of a value as a word holds.
    pub(crate) const fn fit(&self, value: u64) -> u64 {
        value & u64::MAX >> (64 - 8 * self.word)
    }

    /// Writes a word to memory.
    ///
    /// # Safety
    ///
    /// The address is one of a word that may be written.
    pub(crate) const unsafe fn write(&self, at: u64, value: u64) {
        // SAFETY: the caller answers for the address.
        unsafe {
            match self.word {
                4 => (at as *mut u32).write_unaligned(value as u32),
                _ => (at as *mut u64).write_unaligned(value),
            }
        }
    }

    /// Reads a word of memory.
    ///
    /// # Safety
    ///
    /// The address is one of a word that may be read.
    pub(crate) const unsafe fn read(&self, at: u64) -> u64 {
        // SAFETY: the caller answers for the address.
        unsafe {
            match self.word {
                4 => (at as *const u32).read_unaligned() as u64,
                _ => (at as *const u64).read_unaligned(),
            }
        }
    }
}

/// The start of the page of an address.
pub(crate) const fn page_of(address: u64) -> u64 {
    address & !(PAGE - 1)
}
