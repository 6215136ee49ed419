//! The memory map that the BIOS reported and boot.asm stored at 0x5000.

use core::fmt;

const COUNT: *const u64 = 0x5000 as *const u64;
const REGIONS: *const Region = 0x5008 as *const Region;

/// One entry, as int 15h AX=E820h writes it.
#[derive(Clone, Copy)]
#[repr(C, packed)]
pub(crate) struct Region {
    start: u64,
    length: u64,
    kind: u32,
    attributes: u32,
}

const _: () = assert!(size_of::<Region>() == 24);

impl Region {
    const USABLE: u32 = 1;
    const VALID: u32 = 1;

    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn end(&self) -> u64 {
        self.start.saturating_add(self.length)
    }

    pub(crate) fn is_usable(&self) -> bool {
        self.kind == Self::USABLE && self.attributes & Self::VALID != 0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let kind = match self.kind {
            1 => "usable",
            2 => "reserved",
            3 => "ACPI, reclaimable",
            4 => "ACPI, not volatile",
            5 => "bad",
            _ => "unknown",
        };
        write!(f, "{:#013x} to {:#013x}\t{kind}", self.start(), self.end())
    }
}

pub(crate) fn regions() -> impl Iterator<Item = Region> {
    // SAFETY: boot.asm wrote the count and so many entries, and nothing writes there later.
    (0..unsafe { COUNT.read() } as usize).map(|index| unsafe { REGIONS.add(index).read() })
}
