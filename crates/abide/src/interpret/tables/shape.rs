//! The shape of a table: what its entries are, and which of them a value may choose.

use super::MOST_ENTRIES;
use crate::inputs::{Place, SectionId};
use crate::interpret::known::Known;
use crate::interpret::state::State;
use crate::interpret::terms::{Base, BaseId, Function, Terms, Value};
use crate::machine::Operation;

/// An entry of a table in constant memory, as it stands in a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) address: Value,
    pub(super) bytes: u8,
    pub(super) sign_extended: bool,
}

impl Entry {
    pub(super) fn of(terms: &Terms, base: BaseId) -> Option<Self> {
        match terms.get(base) {
            Base::Memory(address, bytes) => Some(Self {
                address,
                bytes,
                sign_extended: false,
            }),
            Base::Function {
                function: Function::Operation(Operation::SignExtend { from }),
                inputs,
                bits: 64,
            } => match terms.as_base(inputs[0])? {
                Base::Memory(address, bytes) if bytes * 8 == from => Some(Self {
                    address,
                    bytes,
                    sign_extended: true,
                }),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A table: where its entries stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) start: Place,
    pub(super) step: i64,
    /// How far the index reaches, in bytes, if values tell.
    pub(super) last: i64,
    pub(super) is_bounded: bool,
    pub(super) index: Option<(Value, i64)>,
}

impl Table {
    pub(super) fn of(terms: &Terms, state: &State, entry: Entry) -> Option<Self> {
        let mut section: Option<SectionId> = None;
        let mut indices = Vec::new();
        for &(base, factor) in terms.parts(entry.address.term) {
            match terms.get(base) {
                Base::Section(id) if factor == 1 && section.is_none() => section = Some(id),
                Base::Section(_) => return None,
                _ => indices.push((base, factor)),
            }
        }
        let section = section?;
        let step = indices.iter().map(|&(_, factor)| factor).reduce(gcd)?;
        let mut known = Known::exactly(0);
        for &(base, factor) in &indices {
            known = known.plus(state.known(terms, terms.value_of_base(base)).scale(factor));
        }
        let reach = known.high.checked_sub(known.low);
        let is_bounded = reach.is_some_and(|reach| reach < (MOST_ENTRIES as i64) * 8);
        let low = if is_bounded { known.low } else { 0 };
        // What is known of the low bits makes the step longer, and tells where it begins.
        let log2 = known.log2.min(16);
        let (step, low) = match step.checked_abs()? {
            short if short < 1 << log2 => {
                let behind = (known.residue as i64).wrapping_sub(low) & ((1 << log2) - 1);
                (1 << log2, low.checked_add(behind)?)
            }
            step => (step, low),
        };
        // Entries do not overlap: an index that steps by less is one of whole entries all the same.
        let overlaps = step > 0 && step < i64::from(entry.bytes);
        let step = step.max(i64::from(entry.bytes));
        let index = match indices[..] {
            // The entry's number is told by the index where each step is one.
            [(base, factor)] if factor == step => {
                Some((terms.value_of_base(base), low.checked_div(factor)?))
            }
            _ => None,
        };
        Some(Self {
            start: Place {
                section,
                offset: entry.address.offset.checked_add(low)?,
            },
            step,
            last: match is_bounded {
                true => known.high.checked_sub(low)?,
                false => i64::MAX,
            },
            is_bounded: is_bounded && !overlaps,
            index,
        })
    }

    /// The places of the entries, cut where something begins behind each.
    pub(super) fn segments(&self, after: impl Fn(Place) -> i64) -> Vec<Vec<Place>> {
        let mut segments: Vec<Vec<Place>> = Vec::new();
        let mut limit = i64::MIN;
        for number in 0..MOST_ENTRIES as i64 {
            let distance = number * self.step;
            if distance > self.last || segments.len() > 4 {
                break;
            }
            let place = Place {
                offset: self.start.offset + distance,
                ..self.start
            };
            if place.offset >= limit {
                limit = after(place);
                segments.push(Vec::new());
            }
            if let Some(segment) = segments.last_mut() {
                segment.push(place);
            }
        }
        segments
    }

    /// What the choice of one entry says of the index.
    pub(super) fn choice(&self, number: i64) -> Option<(Value, i64)> {
        self.index.map(|(index, first)| (index, first + number))
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.saturating_abs(), b.saturating_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
