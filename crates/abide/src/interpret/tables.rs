//! Where an indirect jump or call may go: jump tables and sets of code addresses.

mod reading;
mod shape;

use reading::{Plausible, Reading};

use super::boundaries::Boundaries;
use super::evaluate::Evaluator;
use super::state::State;
use super::terms::{Base, Terms, Value};
use crate::inputs::{ImageSymbol, Place};

/// More entries than any table of code addresses that people write has.
const MOST_ENTRIES: usize = 4096;

/// One target of an indirect jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// A place in the unit, and what its choice says of a value.
    Place(Place, Option<(Value, i64)>),
    /// A symbol that the unit does not define.
    External(ImageSymbol),
    /// The caller of the root.
    ReturnAddress,
}

/// A jump, call or return to an address that is computed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jump {
    /// The instruction.
    pub at: Place,
    /// Where it goes.
    pub target: Value,
    /// How many entries its table has, where that is declared.
    pub entries: Option<u32>,
}

/// The targets of an indirect jump, or none where they are not known.
pub(super) fn destinations(
    evaluator: &mut Evaluator<'_>,
    boundaries: &Boundaries,
    state: &State,
    jump: Jump,
) -> Option<Vec<Destination>> {
    let target = jump.target;
    if let Some(one) = single(&evaluator.terms, target) {
        return Some(vec![one]);
    }
    if let Some(choices) = by_choices(evaluator, boundaries, state, jump) {
        return Some(choices);
    }
    if let Some(entries) = jump.entries
        && let Some(found) = by_declared_table(evaluator, boundaries, state, target, entries)
    {
        return Some(found);
    }
    by_table(evaluator, boundaries, state, jump).or_else(|| by_distance(evaluator, state, target))
}

/// Whether a target is read from a table, whose first entry leads to code.
pub(super) fn is_in_table(
    evaluator: &mut Evaluator<'_>,
    boundaries: &Boundaries,
    state: &State,
    target: Value,
) -> bool {
    by_declared_table(evaluator, boundaries, state, target, 1).is_some()
}

fn single(terms: &Terms, target: Value) -> Option<Destination> {
    if target == Value::RETURN_ADDRESS {
        return Some(Destination::ReturnAddress);
    }
    if let Some(place) = terms.as_place(target) {
        return Some(Destination::Place(place, None));
    }
    match terms.as_base(target)? {
        Base::External(symbol) => Some(Destination::External(symbol)),
        _ => None,
    }
}

/// A target with a part that is one of a few known numbers.
fn by_choices(
    evaluator: &mut Evaluator<'_>,
    boundaries: &Boundaries,
    state: &State,
    jump: Jump,
) -> Option<Vec<Destination>> {
    let target = jump.target;
    let parts = evaluator.terms.parts(target.term).to_vec();
    for (base, factor) in parts {
        let part = evaluator.terms.value_of_base(base);
        let Some(numbers) = state.choices_of(part.term) else {
            continue;
        };
        let rest = evaluator.terms.combine(target, -factor, part);
        let mut all = Vec::new();
        for &number in numbers {
            let jump = Jump {
                target: rest.plus(number.wrapping_mul(factor)),
                entries: None,
                ..jump
            };
            all.extend(destinations(evaluator, boundaries, state, jump)?);
        }
        evaluator.chose_place = true;
        return Some(all);
    }
    None
}

/// `table[index]`, alone or added to an address.
fn by_table(
    evaluator: &mut Evaluator<'_>,
    boundaries: &Boundaries,
    state: &State,
    jump: Jump,
) -> Option<Vec<Destination>> {
    let mut reading = Reading::of(evaluator, boundaries, state, jump.target)?;
    let found = reading.targets()?;
    if let Some((first, last)) = found.assumed {
        reading.note_doubts(jump.at, &found);
        reading.assume(jump.at, first, last);
    }
    Some(found.destinations)
}

/// The targets of a table whose number of entries is declared.
fn by_declared_table(
    evaluator: &mut Evaluator<'_>,
    boundaries: &Boundaries,
    state: &State,
    target: Value,
    entries: u32,
) -> Option<Vec<Destination>> {
    let mut reading = Reading::of(evaluator, boundaries, state, target)?;
    let (start, step) = (reading.table.start, reading.table.step);
    let places: Vec<Place> = (0..i64::from(entries).min(MOST_ENTRIES as i64))
        .map(|number| Place {
            offset: start.offset + number * step,
            ..start
        })
        .collect();
    let found = reading.whole(&places, Plausible::Instruction)?;
    (!found.is_empty()).then_some(found)
}

/// An address that is computed from an index: unrolled code entered in its middle.
fn by_distance(
    evaluator: &mut Evaluator<'_>,
    state: &State,
    target: Value,
) -> Option<Vec<Destination>> {
    let parts = evaluator.terms.parts(target.term).to_vec();
    let section = parts
        .iter()
        .find_map(|&(base, factor)| match evaluator.terms.get(base) {
            Base::Section(section) if factor == 1 => Some((base, section)),
            _ => None,
        })?;
    let start = evaluator.terms.value_of_base(section.0);
    let distance = evaluator.terms.subtract(target, start);
    let known = state.known(&evaluator.terms, distance);
    let reach = known.high.checked_sub(known.low)?;
    let step = 1_i64 << known.log2.min(62);
    let count = reach / step + 1;
    if count > 256 {
        return None;
    }
    let first = known.low
        + (known.residue as i64)
            .wrapping_sub(known.low)
            .rem_euclid(step);
    let places = (0..count).map(|number| Place {
        section: section.1,
        offset: first + number * step,
    });
    let found: Vec<_> = places
        .filter(|place| place.offset <= known.high)
        .map(|place| Destination::Place(place, None))
        .collect();
    let all_code = found.iter().all(|destination| match destination {
        Destination::Place(place, _) => evaluator.image.is_code(*place),
        _ => true,
    });
    all_code.then_some(found)
}
