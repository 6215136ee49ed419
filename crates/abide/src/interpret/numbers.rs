//! Numbers that are read from a table of constants: all of them are known.
//!
//! A codec keeps in a table where on its stack a block goes: `movzx r8d, byte [table + r9]`, then
//! `movdqa [rsp + r8*8], xmm0`. That each entry is even is what aligns the store, and no
//! instruction says so. Where the index is bound by the data alone, the proof assumes that it
//! stays inside of the table.

use std::rc::Rc;

use super::boundaries::Boundaries;
use super::events::AssumedTable;
use super::known::Known;
use super::terms::{Base, BaseId, Function, Terms, Value, mask};
use crate::inputs::{Image, Place};
use crate::machine::{Operation, arithmetic};

/// More entries than are listed.
const MOST: i64 = 4096;

/// The entries of a table that one address reads.
pub(super) struct Entries {
    /// The first one.
    start: Place,
    /// From one to the next.
    step: i64,
    /// What they are.
    pub numbers: Rc<[u64]>,
}

impl Entries {
    /// All that an address may read inside of the object that it names, `bytes` each.
    pub(super) fn of(
        image: &Image,
        boundaries: &Boundaries,
        terms: &Terms,
        address: Value,
        bytes: u8,
    ) -> Option<Self> {
        let (named, step) = named(terms, address)?;
        let (from, to) = boundaries.object_of(named)?;
        let start = from + (named.offset - from).rem_euclid(step);
        let last = to.checked_sub(i64::from(bytes))?;
        if start > last || (last - start) / step >= MOST {
            return None;
        }
        let place = |offset| Place { offset, ..named };
        let first = Place {
            offset: from,
            ..named
        };
        if image.is_relocated(first, to) {
            return None;
        }
        let numbers = (start..=last).step_by(usize::try_from(step).ok()?);
        let numbers: Option<Rc<[u64]>> = numbers
            .map(|offset| image.number_at(place(offset), bytes))
            .collect();
        Some(Self {
            start: place(start),
            step,
            numbers: numbers?,
        })
    }

    /// What is assumed where an instruction reads one of them.
    pub(super) fn assumed(&self, read: Place) -> AssumedTable {
        AssumedTable {
            jump: read,
            read,
            start: self.start,
            step: self.step,
            entries: self.numbers.len() as u32,
        }
    }
}

/// The place that an address names before an index is added, and by what the index steps.
fn named(terms: &Terms, address: Value) -> Option<(Place, i64)> {
    let mut section = None;
    let mut step = 0;
    for &(base, factor) in terms.parts(address.term) {
        match terms.get(base) {
            Base::Section(id) if factor == 1 && section.is_none() => section = Some(id),
            Base::Section(_) => return None,
            _ => step = gcd(step, factor.checked_abs()?),
        }
    }
    let place = Place {
        section: section?,
        offset: address.offset,
    };
    (step > 0).then_some((place, step))
}

/// Whether an operation takes a number, and at most one more. Of those that take three the first
/// two are written as one input.
const fn takes_one(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::And
            | Operation::Or
            | Operation::Xor
            | Operation::ShiftLeft
            | Operation::ShiftRight
            | Operation::ShiftArithmetic
            | Operation::Multiply
            | Operation::SignExtend { .. }
    )
}

fn gcd(a: i64, b: i64) -> i64 {
    match b {
        0 => a,
        _ => gcd(b, a % b),
    }
}

impl Known {
    /// What all of these numbers have in common.
    fn of_all(numbers: &[u64]) -> Self {
        let mut each = numbers.iter().map(|&number| Self::exactly(number as i64));
        let first = each.next().unwrap_or(Self::ANY);
        each.fold(first, Self::or)
    }
}

impl Terms {
    /// Notes that a base is one of these numbers.
    pub(super) fn list(&mut self, base: BaseId, numbers: Rc<[u64]>) {
        self.learn_inherent(base, Known::of_all(&numbers));
        self.listed.insert(base, numbers);
    }

    /// What a function is of a number that is listed, one for each.
    pub(super) fn list_function(&self, base: Base) -> Option<Rc<[u64]>> {
        let Base::Function {
            function,
            bits,
            inputs: [of, by],
        } = base
        else {
            return None;
        };
        let numbers = self.listed.get(&self.sole_base(of)?)?;
        let by = by.as_constant()?;
        let of = numbers.iter().map(|n| n.wrapping_add(of.offset as u64));
        of.map(|number| match function {
            Function::Truncate => Some(number & mask(bits)),
            Function::Slice { low } => Some(number >> low & mask(bits)),
            Function::Operation(operation) if takes_one(operation) => {
                arithmetic::evaluate(operation, bits, [number, by, 0])
            }
            _ => None,
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::Contract;
    use crate::conventions::SYSTEM_V_X86_64;
    use crate::interpret::State;

    #[test]
    fn what_is_made_of_listed_numbers_is_listed() {
        let mut terms = Terms::new(Contract::of(&SYSTEM_V_X86_64), 4, 8);
        let mut state = State::at_entry(&mut terms);
        let read = terms.base(Base::Memory(Value::constant(0), 2));
        let base = terms.sole_base(read).unwrap();
        terms.list(base, Rc::from([0x0402, 0x0806]));
        let mut known = |operation, by: [u64; 2]| {
            let inputs = [read, Value::constant(by[0]), Value::constant(by[1])];
            let value = state.compute(&mut terms, operation, 32, inputs);
            state.known(&terms, value)
        };
        let high = known(Operation::ShiftRight, [8, 0]);
        assert_eq!((high.low, high.high, high.modulo(2)), (4, 8, Some(0)));
        let low = known(Operation::And, [0xff, 0]);
        assert_eq!((low.low, low.high, low.modulo(2)), (2, 6, Some(2)));
        // A bit of another number comes in at the low end of these.
        let double = known(Operation::ShiftLeftDouble, [1 << 31, 1]);
        for number in [0x0805, 0x100d] {
            assert!(!double.and(Known::exactly(number)).is_empty());
            let log2 = double.log2.min(16);
            assert_eq!(double.modulo(log2), Known::exactly(number).modulo(log2));
        }
    }
}
