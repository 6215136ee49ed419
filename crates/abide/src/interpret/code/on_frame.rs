//! What plain instructions do with data of the frame: vectors that are spilled and read back.

use smallvec::SmallVec;

use crate::registers::Register;

/// Bytes of memory, by their distances from a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::interpret) struct Bytes {
    /// The first.
    pub from: i64,
    /// Behind the last.
    pub to: i64,
}

impl Bytes {
    fn contains(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// How many they are.
    pub(in crate::interpret) const fn count(self) -> u16 {
        (self.to - self.from) as u16
    }
}

/// What one plain instruction, or several in a row, do by one base, if that is an address of the
/// frame.
#[derive(Debug, Clone)]
pub(in crate::interpret) struct OnFrame {
    /// The register.
    pub base: Register,
    /// What is read before it is written.
    pub reads: SmallVec<[Bytes; 1]>,
    /// What is written.
    pub writes: SmallVec<[Bytes; 1]>,
    /// The base plus `residue` must be a multiple of this power of two.
    pub log2: u8,
    /// See `log2`.
    pub residue: u64,
}

impl OnFrame {
    /// A read at a distance from a base, at an address that is a multiple of `align`.
    pub(super) fn read(base: Register, from: i64, bits: u16, align: u8) -> Option<Self> {
        let bytes = i64::from(bits.div_ceil(8));
        // How much an area of `xsave` has nobody knows.
        let is_plain = (-(1 << 31)..1 << 31).contains(&from) && bytes > 0;
        let to = from + bytes;
        is_plain.then(|| Self {
            base,
            reads: SmallVec::from_buf([Bytes { from, to }]),
            writes: SmallVec::new(),
            log2: align.max(1).trailing_zeros() as u8,
            residue: from as u64 & u64::from(align.max(1) - 1),
        })
    }

    /// A write, as a read is told.
    pub(super) fn write(base: Register, from: i64, bits: u16, align: u8) -> Option<Self> {
        let mut access = Self::read(base, from, bits, align)?;
        std::mem::swap(&mut access.reads, &mut access.writes);
        Some(access)
    }

    /// Does what another does by the same base behind it; none where no base is aligned for both.
    pub(super) fn then(&mut self, next: &Self) -> Option<()> {
        self.align(next.log2, next.residue)?;
        for &bytes in &next.reads {
            if !self.writes.iter().any(|all| all.contains(bytes)) {
                add(&mut self.reads, bytes);
            }
        }
        for &bytes in &next.writes {
            add(&mut self.writes, bytes);
        }
        Some(())
    }

    fn align(&mut self, log2: u8, residue: u64) -> Option<()> {
        let both = (1 << log2.min(self.log2)) - 1;
        if residue & both != self.residue & both {
            return None;
        }
        if log2 > self.log2 {
            self.log2 = log2;
            self.residue = residue & ((1 << log2) - 1);
        }
        Some(())
    }

    /// All that is accessed, and what may lie between.
    pub(in crate::interpret) fn hull(&self) -> Bytes {
        let all = || self.reads.iter().chain(&self.writes);
        Bytes {
            from: all().map(|bytes| bytes.from).min().unwrap_or(0),
            to: all().map(|bytes| bytes.to).max().unwrap_or(0),
        }
    }
}

/// Adds bytes to a list, as one with what they touch.
fn add(all: &mut SmallVec<[Bytes; 1]>, bytes: Bytes) {
    let touching = |other: &mut Bytes| {
        let from = other.from.min(bytes.from);
        let to = other.to.max(bytes.to);
        let is_one = other.from <= bytes.to && bytes.from <= other.to;
        (is_one && to - from <= i64::from(u16::MAX)).then_some(Bytes { from, to })
    };
    match all
        .iter_mut()
        .find_map(|other| Some((touching(other)?, other)))
    {
        Some((both, other)) => *other = both,
        None => all.push(bytes),
    }
}
