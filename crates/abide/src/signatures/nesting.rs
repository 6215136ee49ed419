//! How far types are followed into one another: what is damaged or hostile nests without end, or in
//! more ways than can be gone.

use std::cell::Cell;

/// How deep types may nest.
const DEEPEST: u32 = 24;
/// How many types are looked at for one that is asked for.
const MOST_LOOKS: u32 = 1 << 16;

/// How many types may still be looked at.
#[derive(Debug)]
pub(super) struct Looks(Cell<u32>);

impl Looks {
    /// Enough for one type.
    pub(super) const fn for_one() -> Self {
        Self(Cell::new(MOST_LOOKS))
    }

    /// Enough for all types that so many bytes of debug information describe: an entry has a few
    /// bytes, and is looked at a few times.
    pub(super) fn for_bytes(bytes: usize) -> Self {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Self(Cell::new(
            bytes.saturating_mul(4).saturating_add(MOST_LOOKS),
        ))
    }

    /// A type that is in no other.
    pub(super) const fn outermost(&self) -> Nesting<'_> {
        Nesting {
            levels: DEEPEST,
            looks: self,
        }
    }
}

/// Where a type is among those that hold it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nesting<'a> {
    /// How many more may be in it, one in the other.
    levels: u32,
    looks: &'a Looks,
}

impl Nesting<'_> {
    /// What is in the type; `None` where it is to be looked at no further.
    pub(super) fn inner(self) -> Option<Self> {
        let levels = self.levels.checked_sub(1)?;
        let left = self.looks.0.get().checked_sub(1)?;
        self.looks.0.set(left);
        Some(Self { levels, ..self })
    }
}
