//! Halves of vector registers: 128 bits that are moved 64 at a time.
//!
//! What goes by the name of a whole vector register has two halves, each a number with a name of its
//! own; and what is put together of both halves of a value, in their order, is that value.

use super::{Base, Function, Terms, Value};
use crate::registers::Register;

impl Terms {
    /// The 64 bits of a wide value from bit `low` on, which is 0 or 64, if they have a name.
    pub fn half(&mut self, value: Value, low: u8) -> Option<Value> {
        if let Some(Base::Function {
            function: Function::Whole,
            inputs: [first, second],
            ..
        }) = self.as_base(value)
        {
            return Some(if low == 0 { first } else { second });
        }
        if !self.is_wide(value) {
            // The low bits of what is narrower are all of it.
            return (low == 0 && value != Value::ANYTHING).then_some(value);
        }
        let half = self.named_function(Function::Half { low }, 64, [value, Value::constant(0)]);
        (half != Value::ANYTHING).then_some(half)
    }

    /// The value that has these two halves.
    pub fn whole(&mut self, low: Value, high: Value) -> Value {
        match (self.half_of(low), self.half_of(high)) {
            (Some((first, 0)), Some((second, 64))) if first == second => first,
            _ => self.named_function(Function::Whole, 64, [low, high]),
        }
    }

    /// The wide value that a value is a half of, and the half's lowest bit there.
    #[must_use]
    pub fn half_of(&self, value: Value) -> Option<(Value, u8)> {
        match self.as_base(value)? {
            Base::Function {
                function: Function::Half { low },
                inputs,
                ..
            } => Some((inputs[0], low)),
            _ => None,
        }
    }

    /// The register whose entry value a value is, or is a half of.
    #[must_use]
    pub fn entry_in(&self, value: Value) -> Option<Register> {
        let whole = self.half_of(value).map_or(value, |(whole, _)| whole);
        match self.as_base(whole)? {
            Base::Entry(register) => Some(register),
            _ => None,
        }
    }
}
