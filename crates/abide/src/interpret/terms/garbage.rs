//! Garbage: what the root may not rely on, and which values hold some.

use super::{Base, BaseId, Function, Terms, Value, mask};
use crate::machine::Operation;

/// What a value holds that the root may not rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Garbage {
    /// The undefined entry register or call result that it comes from.
    pub source: BaseId,
    /// It is there only where a search for a set bit (`bsf`, `bsr`) finds none and leaves its
    /// target.
    pub is_left: bool,
}

impl Garbage {
    /// Garbage that is there for sure, before what a search may leave.
    pub(in crate::interpret) fn surest(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut left = None;
        for garbage in all {
            if !garbage.is_left {
                return Some(garbage);
            }
            left = left.or(Some(garbage));
        }
        left
    }
}

impl Terms {
    /// A value made of others of which nothing is known but what must not be forgotten: that
    /// garbage or an address of the frame is in it.
    pub fn without_details(&mut self, of: &[Value]) -> Value {
        if of.iter().any(|&value| self.matters(value)) {
            self.lost_from(of, 0)
        } else {
            Value::ANYTHING
        }
    }

    /// A value of which nothing is known but that garbage is in it, if any is.
    pub fn garbage(&mut self, undefined: Option<Garbage>) -> Value {
        match undefined {
            Some(_) => self.new_lost(undefined, 0, false),
            None => Value::ANYTHING,
        }
    }

    /// Whether garbage or an address of the frame is in a value.
    #[must_use]
    pub fn matters(&self, value: Value) -> bool {
        self.has_frame(value) || self.undefined_source(value).is_some()
    }

    /// A new name for a value that is no longer written down.
    pub fn lost(&mut self, value: Value) -> Value {
        let from = self.undefined_from(&[value]);
        self.lost_from(&[value], from)
    }

    /// The lowest bit of any of the values that may hold garbage.
    #[must_use]
    pub fn undefined_from(&self, values: &[Value]) -> u8 {
        let bits = values.iter().map(|&value| self.undefined_bits(value));
        let lowest = bits.fold(0, |all, bits| all | bits).trailing_zeros();
        lowest.min(63) as u8
    }

    /// A new name for a value made of others.
    fn lost_from(&mut self, of: &[Value], undefined_from: u8) -> Value {
        let garbage = of.iter().filter_map(|&value| self.undefined_source(value));
        let undefined = Garbage::surest(garbage);
        let frame = of.iter().any(|&value| self.has_frame(value));
        self.new_lost(undefined, undefined_from, frame)
    }

    fn new_lost(&mut self, undefined: Option<Garbage>, undefined_from: u8, frame: bool) -> Value {
        self.lost += 1;
        self.base(Base::Lost {
            number: self.lost,
            undefined,
            undefined_from,
            frame,
        })
    }

    /// Whether some bits of the value may hold garbage.
    #[must_use]
    pub fn is_undefined(&self, value: Value) -> bool {
        self.data(value).is_undefined
    }

    /// Bits of the value that may hold garbage.
    #[must_use]
    pub fn undefined_bits(&self, value: Value) -> u64 {
        let mut mask = 0;
        for &(id, factor) in self.parts(value.term) {
            let bits = self.bases[id.0 as usize].undefined;
            mask |= spread_upwards(bits.wrapping_shl(factor.trailing_zeros() & 63));
        }
        match self.parts(value.term) {
            // A base alone keeps its exact bits.
            &[(id, 1)] if value.offset == 0 => self.bases[id.0 as usize].undefined,
            _ => mask,
        }
    }

    /// The garbage that a value comes from.
    #[must_use]
    pub fn undefined_source(&self, value: Value) -> Option<Garbage> {
        self.garbage_in(value, 64)
    }

    fn garbage_in(&self, value: Value, depth: u32) -> Option<Garbage> {
        let parts = self.parts(value.term).iter();
        let undefined = parts.filter(|(id, _)| self.bases[id.0 as usize].undefined != 0);
        Garbage::surest(undefined.filter_map(|&(id, _)| self.garbage_in_base(id, depth)))
    }

    fn garbage_in_base(&self, id: BaseId, depth: u32) -> Option<Garbage> {
        let depth = depth.checked_sub(1)?;
        match self.get(id) {
            Base::Entry(_) | Base::Argument(..) | Base::Site { .. } => Some(Garbage {
                source: id,
                is_left: false,
            }),
            Base::Phi { undefined, .. } | Base::Lost { undefined, .. } => undefined,
            Base::Function {
                function: Function::Operation(Operation::LowestSet | Operation::HighestSet),
                inputs: [searched, old],
                ..
            } => {
                let left = self.garbage_in(old, depth);
                let left = left.map(|garbage| Garbage {
                    is_left: true,
                    ..garbage
                });
                Garbage::surest(self.garbage_in(searched, depth).into_iter().chain(left))
            }
            Base::Function { inputs, .. } => {
                let inputs = inputs.iter();
                Garbage::surest(inputs.filter_map(|&input| self.garbage_in(input, depth)))
            }
            _ => None,
        }
    }

    pub(super) fn undefined_bits_of(&self, base: Base) -> u64 {
        match base {
            Base::Entry(register) if register.is_general() => self.contract.garbage_in(register),
            Base::Entry(register) if self.contract.has_no_vector(register) => u64::MAX,
            Base::Argument(offset, bytes) => self.contract.garbage_on_stack(offset, bytes),
            Base::Site { lost: Some(_), .. } => u64::MAX,
            Base::Lost {
                undefined: Some(_),
                undefined_from,
                ..
            }
            | Base::Phi {
                undefined: Some(_),
                undefined_from,
                ..
            } => u64::MAX << undefined_from,
            Base::Function {
                function,
                bits,
                inputs,
            } => self.undefined_bits_of_function(function, bits, inputs),
            _ => 0,
        }
    }

    fn undefined_bits_of_function(&self, function: Function, bits: u8, inputs: [Value; 2]) -> u64 {
        let [a, b] = inputs.map(|input| self.undefined_bits(input));
        let width = mask(bits);
        let bits_of = match function {
            Function::Truncate => a,
            Function::Slice { low } => a >> low,
            Function::Insert { low } => {
                let field = width << low;
                return a & !field | (b << low) & field;
            }
            Function::Operation(Operation::And) => match inputs[1].as_constant() {
                Some(constant) => a & constant,
                None => a | b,
            },
            Function::Operation(Operation::Or) => match inputs[1].as_constant() {
                Some(constant) => a & !constant,
                None => a | b,
            },
            Function::Operation(Operation::Xor) => a | b,
            Function::Operation(Operation::ShiftLeft) => match inputs[1].as_constant() {
                Some(count) if b == 0 => a << (count & 63),
                _ => spread_all(a | b),
            },
            Function::Operation(Operation::ShiftRight) => match inputs[1].as_constant() {
                Some(count) if b == 0 => (a & width) >> (count & 63),
                _ => spread_all(a | b),
            },
            Function::Operation(Operation::Multiply) => spread_upwards(a | b),
            Function::Operation(Operation::SignExtend { from }) => {
                let kept = a & mask(from);
                if kept >> (from - 1) & 1 == 1 {
                    kept | !mask(from)
                } else {
                    kept
                }
            }
            Function::Condition(..)
            | Function::Operation(_)
            | Function::Half { .. }
            | Function::Whole => spread_all(a | b),
        };
        bits_of & width
    }
}

/// Every bit at or above the lowest set one: how far a carry may go.
fn spread_upwards(bits: u64) -> u64 {
    match bits {
        0 => 0,
        _ => u64::MAX << bits.trailing_zeros(),
    }
}

fn spread_all(bits: u64) -> u64 {
    if bits == 0 { 0 } else { u64::MAX }
}
