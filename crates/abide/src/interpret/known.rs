//! What is known of a number: a signed range and a congruence.

/// `low ≤ x ≤ high` as a signed 64-bit number, and `x ≡ residue (mod 2^log2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The least value, inclusive.
    pub low: i64,
    /// The greatest value, inclusive.
    pub high: i64,
    /// The modulus, as a power of two (0 … 63).
    pub log2: u8,
    /// The residue, below the modulus.
    pub residue: u64,
}

/// How far a number gets that starts near zero and steps by at most 2^16:
/// it would have to run for hours to get further. So many elements of 16 bytes have addresses.
const FAR: i64 = 1 << 58;
/// See [`FAR`].
const STEP: i64 = 1 << 16;

impl Known {
    /// Nothing is known.
    pub const ANY: Self = Self {
        low: i64::MIN,
        high: i64::MAX,
        log2: 0,
        residue: 0,
    };

    /// A range.
    #[must_use]
    pub const fn between(low: i64, high: i64) -> Self {
        Self {
            low,
            high,
            ..Self::ANY
        }
    }

    /// One number.
    #[must_use]
    pub const fn exactly(number: i64) -> Self {
        Self {
            low: number,
            high: number,
            log2: 63,
            residue: number as u64 & (u64::MAX >> 1),
        }
    }

    /// A number of so many bits, zero-extended.
    #[must_use]
    pub const fn bits(bits: u8) -> Self {
        if bits >= 64 {
            Self::ANY
        } else {
            Self::between(0, ((1_u64 << bits) - 1) as i64)
        }
    }

    /// A congruence.
    #[must_use]
    pub const fn congruent(log2: u8, residue: u64) -> Self {
        Self {
            log2,
            residue: residue & ((1 << log2) - 1),
            ..Self::ANY
        }
    }

    /// Whether no number fits.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.low > self.high
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_any(self) -> bool {
        self == Self::ANY
    }

    /// Whether the range is bounded on both sides.
    #[must_use]
    pub const fn is_bounded(self) -> bool {
        self.low != i64::MIN && self.high != i64::MAX
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (log2, residue) = if self.log2 >= other.log2 {
            (self.log2, self.residue)
        } else {
            (other.log2, other.residue)
        };
        Self {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
            log2,
            residue,
        }
    }

    /// The same numbers, with the ends of the range moved to numbers of the congruence.
    #[must_use]
    pub fn tightened(self) -> Self {
        let step = (1_u64 << self.log2) - 1;
        let up = self.residue.wrapping_sub(self.low as u64) & step;
        let down = (self.high as u64).wrapping_sub(self.residue) & step;
        let low = match self.low {
            i64::MIN => i64::MIN,
            low => low.saturating_add_unsigned(up),
        };
        let high = match self.high {
            i64::MAX => i64::MAX,
            high => high.saturating_sub_unsigned(down),
        };
        Self { low, high, ..self }
    }

    /// Either holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let differing = (self.residue ^ other.residue).trailing_zeros() as u8;
        let log2 = self.log2.min(other.log2).min(differing);
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            log2,
            residue: self.residue & ((1 << log2) - 1),
        }
    }

    /// The sum; a sum that may wrap has no range.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let log2 = self.log2.min(other.log2);
        let residue = self.residue.wrapping_add(other.residue) & ((1 << log2) - 1);
        let ends = (
            self.low.checked_add(other.low),
            self.high.checked_add(other.high),
        );
        let (low, high) = match ends {
            (Some(low), Some(high)) => (low, high),
            _ => (i64::MIN, i64::MAX),
        };
        Self {
            low,
            high,
            log2,
            residue,
        }
    }

    /// The product with a number.
    #[must_use]
    pub fn scale(self, factor: i64) -> Self {
        if factor == 0 {
            return Self::exactly(0);
        }
        let zeros = factor.trailing_zeros() as u8;
        let log2 = self.log2.saturating_add(zeros).min(63);
        let residue = self.residue.wrapping_mul(factor as u64) & ((1 << log2) - 1);
        let ends = (self.low.checked_mul(factor), self.high.checked_mul(factor));
        let (low, high) = match ends {
            (Some(a), Some(b)) => (a.min(b), a.max(b)),
            _ => (i64::MIN, i64::MAX),
        };
        Self {
            low,
            high,
            log2,
            residue,
        }
    }

    /// What remains certain when a bound keeps growing: a moved end goes to
    /// infinity, or as far as a counter gets.
    #[must_use]
    pub fn widen(self, grown: Self) -> Self {
        let all = self.or(grown);
        let counts = all.is_counter();
        let reach = |moved: bool, end: i64, far: i64, infinity: i64| match (moved, counts) {
            (false, _) => end,
            (true, true) => far,
            (true, false) => infinity,
        };
        Self {
            low: reach(all.low < self.low, all.low, -FAR, i64::MIN),
            high: reach(all.high > self.high, all.high, FAR, i64::MAX),
            ..all
        }
    }

    /// Whether counters step by no more.
    #[must_use]
    pub const fn is_step(self) -> bool {
        self.low >= -STEP && self.high <= STEP
    }

    /// Whether it lies where counters are taken to stay.
    #[must_use]
    pub const fn is_counter(self) -> bool {
        self.low >= -FAR && self.high <= FAR
    }

    /// The sum of two counters is a counter: see `FAR`.
    #[must_use]
    pub fn count_on(self, other: Self) -> Self {
        let sum = self.plus(other);
        Self {
            low: sum.low.max(-FAR),
            high: sum.high.min(FAR),
            ..sum
        }
    }

    /// The residue modulo 2^log2, if that much is known.
    #[must_use]
    pub fn modulo(self, log2: u8) -> Option<u64> {
        (self.log2 >= log2).then(|| self.residue & ((1 << log2) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::{FAR, Known};

    #[test]
    fn sums_that_may_wrap_have_no_range() {
        let high = Known::between(i64::MAX - 1, i64::MAX - 1);
        assert!(!high.plus(Known::between(2, 2)).is_bounded());
    }

    #[test]
    fn congruence_survives_a_join_as_far_as_both_agree() {
        let joined = Known::exactly(-8).or(Known::exactly(-40));
        assert_eq!((joined.low, joined.high), (-40, -8));
        assert_eq!(joined.modulo(5), Some(24));
        assert_eq!(joined.modulo(6), None);
    }

    #[test]
    fn a_moved_end_is_widened_away() {
        let widened = Known::exactly(0).widen(Known::between(0, 8));
        assert_eq!((widened.low, widened.high), (0, FAR));
        let again = widened.widen(Known::between(0, FAR + 8));
        assert_eq!((again.low, again.high), (0, i64::MAX));
        assert_eq!(Known::exactly(0).or(Known::exactly(8)).modulo(3), Some(0));
    }
}
