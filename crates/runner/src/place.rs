//! Where things lie in the address space of a run.

use std::ops::Range;

/// Where the image begins: low, so that addresses in 32 bits reach all of it.
pub(crate) const IMAGE: u64 = 0x1000_0000;
/// The size of a page, in bytes.
pub(crate) const PAGE: u64 = 4096;
/// The stack; what lies as far around it stays unmapped.
pub(crate) const STACK: Range<u64> = 0x7000_0000_0000..0x7000_0010_0000;
/// How far nothing is mapped on demand around what was mapped before.
pub(crate) const MARGIN: u64 = 16 * PAGE;
/// What lies above the page of SP at the entry: the caller's frame.
pub(crate) const CALLERS_PAGES: u64 = 4;
/// What pointers lead to: a region for each register, far from one another.
const REGIONS: u64 = 0x2000_0000_0000;
const REGION_SIZE: u64 = 1 << 32;
/// What a program can have memory at.
pub(crate) const USER_SPACE: Range<u64> = 0x1_0000..0x7fff_ffff_0000;

/// The middle of a region.
pub(crate) const fn region(number: u64) -> u64 {
    REGIONS + REGION_SIZE * number + REGION_SIZE / 2
}

/// The start of the page of an address.
pub(crate) const fn page_of(address: u64) -> u64 {
    address & !(PAGE - 1)
}
