//! The status and control flags of `RFLAGS` that conventions speak of.

use std::fmt;
use std::ops::{BitAnd, BitOr, Not};

/// A set of flags, each at its own bit of `RFLAGS` (Intel SDM vol. 1, 3.4.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Flags(pub u32);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Carry.
    pub const CF: Self = Self(1 << 0);
    /// Parity of the low byte.
    pub const PF: Self = Self(1 << 2);
    /// Carry out of bit 3.
    pub const AF: Self = Self(1 << 4);
    /// Zero.
    pub const ZF: Self = Self(1 << 6);
    /// Sign.
    pub const SF: Self = Self(1 << 7);
    /// Trap: single step.
    pub const TF: Self = Self(1 << 8);
    /// Interrupts enabled.
    pub const IF: Self = Self(1 << 9);
    /// Direction of string instructions.
    pub const DF: Self = Self(1 << 10);
    /// Signed overflow.
    pub const OF: Self = Self(1 << 11);
    /// Nested task.
    pub const NT: Self = Self(1 << 14);
    /// Alignment check.
    pub const AC: Self = Self(1 << 18);
    /// What arithmetic sets: CF, PF, AF, ZF, SF and OF.
    pub const ARITHMETIC: Self =
        Self(Self::CF.0 | Self::PF.0 | Self::AF.0 | Self::ZF.0 | Self::SF.0 | Self::OF.0);

    /// Whether every flag of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any flag of `other` is in this set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the set has no flag.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Flags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Flags {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for Flags {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(Flags, &str); 11] = [
            (Flags::CF, "CF"),
            (Flags::PF, "PF"),
            (Flags::AF, "AF"),
            (Flags::ZF, "ZF"),
            (Flags::SF, "SF"),
            (Flags::TF, "TF"),
            (Flags::IF, "IF"),
            (Flags::DF, "DF"),
            (Flags::OF, "OF"),
            (Flags::NT, "NT"),
            (Flags::AC, "AC"),
        ];
        let mut list = f.debug_set();
        for (flag, name) in NAMES {
            if self.contains(flag) {
                list.entry(&format_args!("{name}"));
            }
        }
        list.finish()
    }
}
