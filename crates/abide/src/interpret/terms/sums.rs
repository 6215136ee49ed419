//! Sums of values, each computed once and remembered.

use super::{Parts, TermId, Terms, Value};

impl Terms {
    /// `a + scale × b`.
    pub fn combine(&mut self, a: Value, scale: i64, b: Value) -> Value {
        if a == Value::ANYTHING || b == Value::ANYTHING {
            return Value::ANYTHING;
        }
        let offset = a.offset.wrapping_add(b.offset.wrapping_mul(scale));
        if b.term == TermId(0) || scale == 0 {
            return Value { offset, ..a };
        }
        if a.term == b.term && scale == -1 {
            return Value::constant(offset as u64);
        }
        let term = match self.recent.get(a.term, scale, b.term) {
            Some(term) => term,
            None => {
                let term = self.combine_terms(a.term, scale, b.term);
                self.recent.put(a.term, scale, b.term, term);
                term
            }
        };
        match term {
            term if term == Value::ANYTHING.term => Value::ANYTHING,
            term => Value { term, offset },
        }
    }

    fn combine_terms(&mut self, a: TermId, scale: i64, b: TermId) -> TermId {
        let mut parts = Parts::new();
        let (left, right) = (self.parts(a), self.parts(b));
        let (mut i, mut j) = (0, 0);
        while i < left.len() || j < right.len() {
            let take_left = j >= right.len() || (i < left.len() && left[i].0 < right[j].0);
            if take_left {
                parts.push(left[i]);
                i += 1;
            } else if i >= left.len() || right[j].0 < left[i].0 {
                let scaled = right[j].1.wrapping_mul(scale);
                if scaled != 0 {
                    parts.push((right[j].0, scaled));
                }
                j += 1;
            } else {
                let sum = left[i].1.wrapping_add(right[j].1.wrapping_mul(scale));
                if sum != 0 {
                    parts.push((left[i].0, sum));
                }
                i += 1;
                j += 1;
            }
        }
        // A combination of many bases is a number like any other: past some
        // length its parts tell nothing that would be used.
        if parts.len() > 8 {
            return Value::ANYTHING.term;
        }
        self.intern(parts)
    }

    /// `a + b`.
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        self.combine(a, 1, b)
    }

    /// `a - b`.
    pub fn subtract(&mut self, a: Value, b: Value) -> Value {
        if a == b && a != Value::ANYTHING {
            return Value::constant(0);
        }
        self.combine(a, -1, b)
    }

    /// A value divided by 2^`log2`, where each of its parts can be. Of the quotient the low
    /// 64 - `log2` bits are right.
    pub(in crate::interpret) fn divided(&mut self, value: Value, log2: u32) -> Option<Value> {
        let is_divisible = |number: i64| number.trailing_zeros() >= log2;
        let parts: Parts = self.parts(value.term).into();
        if value == Value::ANYTHING
            || !is_divisible(value.offset)
            || !parts.iter().all(|part| is_divisible(part.1))
        {
            return None;
        }
        let mut quotient = Value::constant((value.offset >> log2) as u64);
        for (base, factor) in parts {
            let part = self.value_of_base(base);
            quotient = self.combine(quotient, factor >> log2, part);
        }
        Some(quotient)
    }

    /// `a × scale`.
    pub fn scale(&mut self, a: Value, scale: i64) -> Value {
        self.combine(Value::constant(0), scale, a)
    }
}

/// The last combinations of two terms: an analysis asks for the same few again and again.
#[derive(Debug)]
pub(super) struct Recent(Vec<(TermId, TermId, i64, TermId)>);

impl Recent {
    pub(super) fn new() -> Self {
        let nothing = TermId(u32::MAX);
        Self(vec![(nothing, nothing, 0, nothing); 256])
    }

    fn slot(a: TermId, scale: i64, b: TermId) -> usize {
        let mixed = (a.0 ^ b.0.rotate_left(16) ^ (scale as u32) << 8).wrapping_mul(0x9E37_79B1);
        (mixed >> 24) as usize
    }

    pub(super) fn get(&self, a: TermId, scale: i64, b: TermId) -> Option<TermId> {
        let (left, right, by, result) = self.0[Self::slot(a, scale, b)];
        (left == a && right == b && by == scale).then_some(result)
    }

    fn put(&mut self, a: TermId, scale: i64, b: TermId, result: TermId) {
        self.0[Self::slot(a, scale, b)] = (a, b, scale, result);
    }
}
