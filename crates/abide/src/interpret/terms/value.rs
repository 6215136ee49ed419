//! Values: a term and a number.

use crate::registers::Register;

/// A base, by its place in [`Terms`](super::Terms).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaseId(pub u32);

/// A linear combination of bases, by its place in [`Terms`](super::Terms).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TermId(pub u32);

/// A 64-bit value, or a wider one that a single base stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    /// The part that is not a number.
    pub term: TermId,
    /// The number that is added to it.
    pub offset: i64,
}

impl Value {
    /// SP at the entry of the root.
    pub const FRAME: Self = Self {
        term: TermId(1),
        offset: 0,
    };
    /// A value of which nothing is known, and which equals no other.
    pub const ANYTHING: Self = Self {
        term: TermId(2),
        offset: 0,
    };
    /// The return address that the root was entered with.
    pub const RETURN_ADDRESS: Self = Self {
        term: TermId(3),
        offset: 0,
    };

    /// A number.
    #[must_use]
    pub const fn constant(number: u64) -> Self {
        Self {
            term: TermId(0),
            offset: number as i64,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn as_constant(self) -> Option<u64> {
        match self.term {
            TermId(0) => Some(self.offset as u64),
            _ => None,
        }
    }

    /// The value plus a number.
    #[must_use]
    pub const fn plus(self, number: i64) -> Self {
        if self.term.0 == Self::ANYTHING.term.0 {
            return Self::ANYTHING;
        }
        Self {
            term: self.term,
            offset: self.offset.wrapping_add(number),
        }
    }
}

/// A place in the state that a join may have to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Location {
    /// A register.
    Register(Register),
    /// A slot of the frame, by the symbolic part and the number of its address.
    Slot(TermId, i64),
}
