//! A value of up to 512 bits, of which some bytes may be unknown.

use crate::machine::arithmetic::mask;

/// Up to 512 bits, least significant word first, zero above its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Value {
    /// The bits; those of unknown bytes mean nothing.
    pub words: [u64; 8],
    /// A bit for each byte that the model leaves open.
    pub unknown: u64,
}

impl Value {
    /// A number.
    #[must_use]
    pub const fn number(number: u64) -> Self {
        Self {
            words: [number, 0, 0, 0, 0, 0, 0, 0],
            unknown: 0,
        }
    }

    /// A value of which the lowest `bits` are unknown.
    #[must_use]
    pub const fn open(bits: u16) -> Self {
        Self {
            words: [0; 8],
            unknown: bytes_mask(bits.div_ceil(8)),
        }
    }

    /// The lowest 64 bits, if all of them are known.
    #[must_use]
    pub const fn known(self) -> Option<u64> {
        if self.unknown & 0xff == 0 {
            Some(self.words[0])
        } else {
            None
        }
    }

    /// Whether no byte is unknown.
    #[must_use]
    pub const fn is_known(self) -> bool {
        self.unknown == 0
    }

    /// The `bits` from bit `low` on, zero-extended.
    #[must_use]
    pub fn part(&self, low: u16, bits: u16) -> Self {
        if low == 0 && bits <= 64 {
            return self.low_word(bits as u8);
        }
        self.shifted_right(low).truncated(bits)
    }

    /// The lowest `bits`, the rest zero.
    #[must_use]
    pub fn truncated(mut self, bits: u16) -> Self {
        if bits <= 64 {
            return self.low_word(bits as u8);
        }
        for (i, word) in self.words.iter_mut().enumerate() {
            let here = bits.saturating_sub(64 * i as u16).min(64);
            *word &= mask(here as u8);
        }
        self.unknown &= bytes_mask(bits.div_ceil(8));
        self
    }

    /// The lowest `bits`, at most 64 of them: what most instructions ask for.
    const fn low_word(&self, bits: u8) -> Self {
        Self {
            words: [self.words[0] & mask(bits), 0, 0, 0, 0, 0, 0, 0],
            unknown: self.unknown & bytes_mask(bits.div_ceil(8) as u16),
        }
    }

    fn shifted_right(self, low: u16) -> Self {
        if low == 0 {
            return self;
        }
        let (skip, shift) = (usize::from(low / 64), u32::from(low % 64));
        let word = |i: usize| self.words.get(i).copied().unwrap_or_default();
        let mut words = [0; 8];
        for (i, out) in words.iter_mut().enumerate() {
            let above = word(i + skip + 1).checked_shl(64 - shift).unwrap_or(0);
            *out = word(i + skip) >> shift | above;
        }
        let unknown = self.unknown.checked_shr(u32::from(low / 8)).unwrap_or(0);
        Self { words, unknown }
    }

    /// Puts the low `bits` of `value` at bit `low`; zeroes what is above if asked.
    pub fn insert(&mut self, low: u16, bits: u16, value: Self, zero_above: bool) {
        if low == 0 && bits == 64 && !zero_above {
            self.words[0] = value.words[0];
            self.unknown = self.unknown & !0xff | value.unknown & 0xff;
            return;
        }
        if low == 0 && zero_above {
            *self = value.truncated(bits);
            return;
        }
        if zero_above {
            *self = self.truncated(low);
        }
        let moved = value.truncated(bits).shifted_left(low);
        for (i, word) in self.words.iter_mut().enumerate() {
            let start = low.max(64 * i as u16);
            let end = (low + bits).min(64 * (i as u16 + 1));
            if start < end {
                let here = mask((end - start) as u8) << (start % 64);
                *word = *word & !here | moved.words[i] & here;
            }
        }
        self.unknown = self.unknown & !whole_bytes(low, bits) | moved.unknown;
    }

    fn shifted_left(self, low: u16) -> Self {
        if low == 0 {
            return self;
        }
        let (skip, shift) = (usize::from(low / 64), u32::from(low % 64));
        let word = |i: Option<usize>| i.and_then(|i| self.words.get(i)).copied().unwrap_or(0);
        let mut words = [0; 8];
        for (i, out) in words.iter_mut().enumerate() {
            let from = i.checked_sub(skip);
            let below = word(from.and_then(|i| i.checked_sub(1)));
            *out = word(from) << shift | below.checked_shr(64 - shift).unwrap_or(0);
        }
        // A part that begins within a byte leaves that whole byte unknown.
        let unknown = self.unknown << (low / 8).min(63);
        Self { words, unknown }
    }
}

/// A bit for each of the lowest `count` bytes.
pub(super) const fn bytes_mask(count: u16) -> u64 {
    mask(if count > 64 { 64 } else { count as u8 })
}

/// The bytes that lie wholly within the bits from `low` on.
fn whole_bytes(low: u16, bits: u16) -> u64 {
    let first = low.div_ceil(8);
    let end = (low + bits) / 8;
    bytes_mask(end) & !bytes_mask(first)
}
