//! Sparse memory whose contents come into being when they are looked at.

use rustc_hash::FxHashMap;

use super::layout::Layout;
use super::value::{Value, bytes_mask};

/// How much comes into being at once: a run touches little, here and there.
const PAGE: u64 = 256;

/// What memory holds that neither the image defines nor the program has
/// written: in each aligned 64-bit word the bits of `base`, and random ones
/// where `mask` has bits, which follow from the seed and the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Filling {
    /// Bits that are set in each word.
    pub base: u64,
    /// Bits that are random.
    pub mask: u64,
}

impl Filling {
    /// Zeros.
    pub const ZERO: Self = Self { base: 0, mask: 0 };
    /// Random numbers.
    pub const RANDOM: Self = Self {
        base: 0,
        mask: u64::MAX,
    };
    /// Random numbers below 64.
    pub const SMALL: Self = Self { base: 0, mask: 63 };
    /// Small multiples of 16 in each 16 bits: the lengths of jobs that a vector holds.
    pub const WORDS: Self = Self {
        base: 0x0010_0010_0010_0010,
        mask: 0x0020_0020_0020_0020,
    };
    /// The same in each 32 bits.
    pub const DOUBLEWORDS: Self = Self {
        base: 0x0000_0010_0000_0010,
        mask: 0x0000_0020_0000_0020,
    };
}

/// Memory of 2^64 bytes: what the image defines is there, the rest is filled
/// by seed and address, until it is written.
pub struct Memory<'a> {
    layout: &'a Layout<'a>,
    seed: u64,
    filling: Filling,
    pages: FxHashMap<u64, usize>,
    contents: Vec<Page>,
    /// The page that was used last, and its index in `contents`.
    last: Option<(u64, usize)>,
}

struct Page {
    bytes: [u8; PAGE as usize],
    unknown: [u64; PAGE as usize / 64],
}

impl<'a> Memory<'a> {
    pub(super) fn new(layout: &'a Layout<'a>, seed: u64) -> Self {
        Self {
            layout,
            seed,
            filling: Filling::RANDOM,
            pages: FxHashMap::default(),
            contents: Vec::new(),
            last: None,
        }
    }

    /// Says what memory holds that nobody has looked at yet.
    pub fn fill_with(&mut self, filling: Filling) {
        self.filling = filling;
    }

    /// The `count` bytes (at most 64) at an address, as a little-endian value.
    pub fn read(&mut self, address: u64, count: u16) -> Value {
        if count == 8 && address % PAGE <= PAGE - 8 {
            return self.read_word(address);
        }
        let mut bytes = [0; 64];
        let mut unknown = 0;
        let mut done = 0;
        let count = count.min(64);
        while done < count {
            let at = address.wrapping_add(u64::from(done));
            let (page, offset) = self.page(at);
            let here = (count - done).min((PAGE as usize - offset) as u16);
            let (from, to) = (usize::from(done), usize::from(done + here));
            bytes[from..to].copy_from_slice(&page.bytes[offset..offset + usize::from(here)]);
            unknown |= page.unknown_bits(offset, here) << done;
            done += here;
        }
        let mut words = [0; 8];
        for (word, eight) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = eight
                .iter()
                .rev()
                .fold(0, |all, &byte| all << 8 | u64::from(byte));
        }
        Value { words, unknown }
    }

    /// Eight bytes of one page.
    fn read_word(&mut self, address: u64) -> Value {
        let (page, offset) = self.page(address);
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&page.bytes[offset..offset + 8]);
        Value {
            unknown: page.unknown_bits(offset, 8),
            ..Value::number(u64::from_le_bytes(bytes))
        }
    }

    /// Writes the low `count` bytes (at most 64) of a value.
    pub fn write(&mut self, address: u64, count: u16, value: Value) {
        let mut bytes = [0; 64];
        for (eight, word) in bytes.chunks_exact_mut(8).zip(value.words) {
            eight.copy_from_slice(&word.to_le_bytes());
        }
        let mut done = 0;
        let count = count.min(64);
        while done < count {
            let at = address.wrapping_add(u64::from(done));
            let (page, offset) = self.page(at);
            let here = (count - done).min((PAGE as usize - offset) as u16);
            let (from, to) = (usize::from(done), usize::from(done + here));
            page.bytes[offset..offset + usize::from(here)].copy_from_slice(&bytes[from..to]);
            page.mark(offset, here, value.unknown >> done);
            done += here;
        }
    }

    /// Leaves `count` bytes open.
    pub fn open(&mut self, address: u64, count: u64) {
        let mut done = 0;
        while done < count {
            let here = (count - done).min(64) as u16;
            let at = address.wrapping_add(done);
            self.write(at, here, Value::open(8 * here));
            done += u64::from(here);
        }
    }

    fn page(&mut self, address: u64) -> (&mut Page, usize) {
        let number = address / PAGE;
        let index = match self.last {
            Some((last, index)) if last == number => index,
            _ => self.find(number),
        };
        self.last = Some((number, index));
        (&mut self.contents[index], (address % PAGE) as usize)
    }

    fn find(&mut self, number: u64) -> usize {
        if let Some(&index) = self.pages.get(&number) {
            return index;
        }
        let index = self.contents.len();
        self.contents.push(self.fresh(number));
        self.pages.insert(number, index);
        index
    }

    fn fresh(&self, number: u64) -> Page {
        let start = number.wrapping_mul(PAGE);
        let mut page = Page {
            bytes: [0; PAGE as usize],
            unknown: [0; PAGE as usize / 64],
        };
        for (eight, offset) in page.bytes.chunks_exact_mut(8).zip((0..).step_by(8)) {
            let word = random(self.seed, start.wrapping_add(offset));
            let word = self.filling.base | word & self.filling.mask;
            eight.copy_from_slice(&word.to_le_bytes());
        }
        self.layout.fill(start, &mut page.bytes);
        page
    }
}

impl Page {
    fn unknown_bits(&self, offset: usize, count: u16) -> u64 {
        let (word, bit) = (offset / 64, offset % 64);
        let low = self.unknown[word] >> bit;
        let high = self.unknown.get(word + 1).copied().unwrap_or_default();
        let high = high.checked_shl(64 - bit as u32).unwrap_or_default();
        (low | high) & bytes_mask(count)
    }

    fn mark(&mut self, offset: usize, count: u16, unknown: u64) {
        let (word, bit) = (offset / 64, offset % 64);
        let mask = bytes_mask(count);
        let unknown = unknown & mask;
        self.unknown[word] = self.unknown[word] & !(mask << bit) | unknown << bit;
        let shift = 64 - bit as u32;
        if let Some(next) = self.unknown.get_mut(word + 1) {
            let mask = mask.checked_shr(shift).unwrap_or_default();
            *next = *next & !mask | unknown.checked_shr(shift).unwrap_or_default();
        }
    }
}

/// A number that looks random and follows from the seed and `n` (splitmix64).
#[must_use]
pub fn random(seed: u64, n: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0xd134_2543_de82_ef95)
        .wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
