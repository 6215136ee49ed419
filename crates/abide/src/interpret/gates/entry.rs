//! A gate as it lies in memory: Intel SDM volume 3, figure 6-8; AMD APM volume 2, figure 4-24.

use crate::machine::concrete::Memory;

/// The size of a gate of 64-bit mode, in bytes.
pub(super) const SIZE: u64 = 16;

/// A gate that is present and leads to a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The handler's address.
    pub(super) address: u64,
    /// The entry of the interrupt stack table that it names; 0 for none.
    pub(super) stack: u8,
    /// The least privileged level from which `int` may enter by it.
    pub(super) level: u8,
}

impl Entry {
    /// The gate at an address, if one is there.
    pub(super) fn read(memory: &mut Memory<'_>, at: u64) -> Option<Self> {
        let low = memory.read(at, 8).known()?;
        let high = memory.read(at.wrapping_add(8), 4).known()? & 0xffff_ffff;
        // Present, no segment of code or data, and an interrupt's gate or a trap's.
        let kind = low >> 40 & 0xff;
        if kind & 0x90 != 0x80 || !matches!(kind & 0xf, 0xe | 0xf) {
            return None;
        }
        Some(Self {
            address: low & 0xffff | low >> 48 << 16 | high << 32,
            stack: (low >> 32 & 7) as u8,
            level: (kind >> 5 & 3) as u8,
        })
    }
}
