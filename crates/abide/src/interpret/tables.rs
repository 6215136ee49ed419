//! Where an indirect jump or call may go: jump tables and sets of code addresses.

use std::ops::RangeInclusive;

use super::boundaries::{Boundaries, NEAR};
use super::evaluate::Evaluator;
use super::events::AssumedTable;
use super::known::Known;
use super::state::State;
use super::terms::{Base, BaseId, Function, Terms, Value};
use crate::inputs::{ImageSymbol, Place, RelocationKind, Resolved, SectionId};
use crate::machine::Operation;

/// More entries than any table of code addresses that people write has.
const MOST_ENTRIES: usize = 4096;

/// How many entries at the start of a table an index may never reach.
const MOST_SKIPPED: usize = 4;

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

/// The targets of a table.
struct Found {
    destinations: Vec<Destination>,
    /// How many of them are of entries before the one that a label begins the table with: the
    /// index may reach them, or it may not.
    before: usize,
    /// The first and the last entry, where values alone do not bound the index.
    assumed: Option<(Place, Place)>,
}

/// A table whose targets are being found.
struct Reading<'a, 'image> {
    evaluator: &'a mut Evaluator<'image>,
    boundaries: &'a Boundaries,
    table: Table,
    entry: Entry,
    /// What is added to an entry.
    rest: Value,
}

impl<'a, 'image> Reading<'a, 'image> {
    /// The table that a target is read from.
    fn of(
        evaluator: &'a mut Evaluator<'image>,
        boundaries: &'a Boundaries,
        state: &State,
        target: Value,
    ) -> Option<Self> {
        let parts = evaluator.terms.parts(target.term).to_vec();
        let (base, entry) = parts.iter().find_map(|&(base, factor)| {
            let entry = Entry::of(&evaluator.terms, base)?;
            (factor == 1).then_some((base, entry))
        })?;
        let part = evaluator.terms.value_of_base(base);
        Some(Self {
            rest: evaluator.terms.subtract(target, part),
            table: Table::of(&evaluator.terms, state, entry)?,
            evaluator,
            boundaries,
            entry,
        })
    }

    /// Notes that an index is taken to reach these entries and no others.
    fn assume(&mut self, jump: Place, first: Place, last: Place) {
        let Entry { address, bytes, .. } = self.entry;
        let entry = self.evaluator.terms.base(Base::Memory(address, bytes));
        let step = self.table.step;
        let readers = self.evaluator.readers.get(&entry.term);
        let assumed = readers.into_iter().flatten().map(|&read| AssumedTable {
            jump,
            read,
            start: first,
            step,
            entries: ((last.offset - first.offset) / step + 1) as u32,
        });
        let assumptions = &mut self.evaluator.record.assumptions;
        assumptions.table_bound.extend(assumed);
    }

    /// The targets, and between which entries.
    fn targets(&mut self) -> Option<Found> {
        let segments = self.table.segments(|place| self.boundaries.after(place));
        if let ([segment], true) = (&segments[..], self.table.is_bounded) {
            let by_label = self.whole(segment, Plausible::Label);
            let all = by_label.or_else(|| self.whole(segment, Plausible::Instruction));
            if let Some(destinations) = all {
                return Some(Found {
                    destinations,
                    before: 0,
                    assumed: None,
                });
            }
        }
        if let Some(found) = self.labelled() {
            return Some(found);
        }
        self.shifted(&segments).or_else(|| self.run(&segments))
    }

    /// Stretches between labels all of whose entries lead to labels, up to the first that has a
    /// label itself.
    ///
    /// An index need not start at a table's first entry. The code then names a place in what
    /// lies before the table. The entries there count only if no other follows them that leads
    /// nowhere, and the table behind them counts too.
    fn labelled(&mut self) -> Option<Found> {
        let mut destinations = Vec::new();
        let mut before = 0;
        let mut assumed = None;
        let segments = self
            .table
            .segments(|place| self.boundaries.label_after(place));
        // Where the label behind is not led to otherwise, the entries before it are another table's.
        let first = usize::from(self.begins_behind(&segments));
        for (number, segment) in likely(&segments).iter().enumerate().skip(first) {
            let is_table = number > 0 || self.boundaries.has_label(segment[0]);
            let most_skipped = if is_table { 0 } else { MOST_SKIPPED };
            let found = (0..=most_skipped).find_map(|skipped| {
                let places = segment.get(skipped..).filter(|rest| !rest.is_empty())?;
                Some((self.whole(places, Plausible::Label)?, ends(places)))
            });
            if let Some((found, ends)) = found {
                if is_table {
                    before = destinations.len();
                }
                destinations.extend(found);
                assumed = hull(assumed, ends);
                if is_table {
                    break;
                }
            }
        }
        (!destinations.is_empty()).then_some(Found {
            destinations,
            before,
            assumed,
        })
    }

    /// Whether the place that is named stands for the table at the label behind it.
    fn begins_behind(&mut self, segments: &[Vec<Place>]) -> bool {
        let [before, table, ..] = likely(segments) else {
            return false;
        };
        before.len() <= MOST_SKIPPED
            && self.boundaries.stands_for(before[0], table[0])
            && self.whole(table, Plausible::Label).is_some()
    }

    fn whole(&mut self, places: &[Place], plausible: Plausible) -> Option<Vec<Destination>> {
        let targets = places.iter().map(|&place| self.target(place, plausible));
        targets.collect()
    }

    /// The stretch, moved on by a few entries.
    ///
    /// An index need not start at a table's first entry: the code then names a
    /// place before the table, and before the next table too. Every way to move
    /// it counts that leads to code throughout.
    fn shifted(&mut self, segments: &[Vec<Place>]) -> Option<Found> {
        let places = segments.concat();
        let mut before = 0;
        for segment in likely(segments) {
            let (start, length) = (before, segment.len());
            before += length;
            if length < 2 {
                continue;
            }
            let mut found = Vec::new();
            let mut assumed = None;
            for skipped in 0..=MOST_SKIPPED {
                let from = start + skipped;
                let Some(moved) = places.get(from..from + length) else {
                    continue;
                };
                if let Some(targets) = self.whole(moved, Plausible::Own) {
                    found.extend(targets);
                    assumed = hull(assumed, ends(moved));
                }
            }
            if !found.is_empty() {
                return Some(Found {
                    destinations: without_repeats(found),
                    before: 0,
                    assumed,
                });
            }
        }
        None
    }

    /// The entries up to the first, of more than one in a row, that does not lead to code.
    fn run(&mut self, segments: &[Vec<Place>]) -> Option<Found> {
        let places = segments.concat();
        let mut found = Vec::new();
        let mut assumed = None;
        let mut start = 0;
        while start <= MOST_SKIPPED {
            let rest = places.get(start..)?;
            let targets = rest
                .iter()
                .map_while(|&place| self.target(place, Plausible::Own));
            let run: Vec<Destination> = targets.collect();
            assumed = hull(assumed, ends(&rest[..run.len()]));
            start += run.len() + 1;
            let is_table = run.len() > 1;
            found.extend(run);
            if is_table {
                return Some(Found {
                    destinations: found,
                    before: 0,
                    assumed,
                });
            }
        }
        None
    }

    /// Where one entry leads, if code may begin there.
    fn target(&mut self, place: Place, plausible: Plausible) -> Option<Destination> {
        let value = entry_value(self.evaluator, place, self.entry)?;
        let value = self.evaluator.terms.add(self.rest, value);
        match single(&self.evaluator.terms, value)? {
            Destination::Place(target, _) => {
                let number = (place.offset - self.table.start.offset) / self.table.step;
                let may_start = match plausible {
                    Plausible::Label => self.boundaries.is_label(self.evaluator.image, target),
                    Plausible::Instruction => self.begins(target),
                    Plausible::Own => self.begins(target) && !self.is_anothers(place, target),
                };
                may_start.then(|| Destination::Place(target, self.table.choice(number)))
            }
            Destination::ReturnAddress => None,
            external => Some(external),
        }
    }

    fn begins(&self, target: Place) -> bool {
        self.boundaries.begins(self.evaluator.image, target)
    }

    /// Whether an entry, of distances from a place in its own section or in code, is one of
    /// another table.
    fn is_anothers(&mut self, entry: Place, target: Place) -> bool {
        let image = self.evaluator.image;
        match self.evaluator.terms.as_place(self.rest) {
            Some(base) if base.section == entry.section => {
                let to = (base, target);
                self.boundaries.is_anothers(image, entry, to)
            }
            Some(base) if image.is_code(base) => {
                let is_sure = self.boundaries.surely_begins(image, target);
                !is_sure && (self.is_last_of_another(entry) || self.is_first_of_another(entry))
            }
            _ => false,
        }
    }

    /// Whether it ends a table that is named before this one: an index need not start at a table's
    /// first entry, and then reaches none of those before it.
    fn is_last_of_another(&mut self, entry: Place) -> bool {
        let Table { start, step, .. } = self.table;
        let is_near = entry.offset - start.offset < MOST_SKIPPED as i64 * step;
        let offsets = start.offset - NEAR..=start.offset - 1;
        is_near && self.is_in_table_at(&offsets, entry, [-2, -1, 0])
    }

    /// Whether it begins a table that is named behind this one's beginning.
    fn is_first_of_another(&mut self, entry: Place) -> bool {
        let Table { start, step, .. } = self.table;
        let nearest = entry.offset - MOST_SKIPPED as i64 * step;
        let offsets = nearest.max(start.offset + 1)..=entry.offset;
        self.is_in_table_at(&offsets, entry, [0, 1, 2])
    }

    /// Whether a table that is named there has this entry and others beside it.
    fn is_in_table_at(
        &mut self,
        offsets: &RangeInclusive<i64>,
        entry: Place,
        beside: [i64; 3],
    ) -> bool {
        let distances = beside.map(|number| {
            let offset = entry.offset + number * self.table.step;
            let value = entry_value(self.evaluator, Place { offset, ..entry }, self.entry)?;
            Some(value.as_constant()? as i64)
        });
        let [Some(a), Some(b), Some(c)] = distances else {
            return false;
        };
        let image = self.evaluator.image;
        self.boundaries
            .has_entries(image, entry.section, offsets, &[a, b, c])
    }

    /// Notes the targets, and those that may come from behind the table's end.
    fn note_doubts(&mut self, at: Place, found: &Found) {
        let image = self.evaluator.image;
        let place = |destination: &Destination| match destination {
            Destination::Place(target, _) => Some(*target),
            _ => None,
        };
        let targets = found.destinations.iter().filter_map(place);
        let labelled = &found.destinations[found.before..];
        let assumptions = &mut self.evaluator.record.assumptions;
        assumptions
            .tabled
            .extend(labelled.iter().filter_map(place).map(|target| (at, target)));
        let doubtful = targets.filter(|&target| !self.boundaries.surely_begins(image, target));
        assumptions.doubted.extend(doubtful);
    }
}

/// What makes an entry plausible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plausible {
    /// A symbol is defined where it leads.
    Label,
    /// An instruction begins where it leads.
    Instruction,
    /// An instruction begins there, and no other table has a better claim to the entry.
    Own,
}

/// The stretches in which a table may be that an index reaches into: the
/// first, or one that begins a few entries further.
fn likely(segments: &[Vec<Place>]) -> &[Vec<Place>] {
    let mut before = 0;
    let near = segments.iter().take_while(|segment| {
        let is_near = before <= MOST_SKIPPED;
        before += segment.len();
        is_near
    });
    &segments[..near.count()]
}

/// The first and the last of some entries.
fn ends(places: &[Place]) -> Option<(Place, Place)> {
    places.first().copied().zip(places.last().copied())
}

/// The first and the last entry of two stretches, the first of which begins first.
fn hull(a: Option<(Place, Place)>, b: Option<(Place, Place)>) -> Option<(Place, Place)> {
    match (a, b) {
        (Some((first, _)), Some((_, last))) => Some((first, last)),
        (a, b) => a.or(b),
    }
}

fn without_repeats(found: Vec<Destination>) -> Vec<Destination> {
    let mut kept: Vec<Destination> = Vec::new();
    for destination in found {
        if !kept.contains(&destination) {
            kept.push(destination);
        }
    }
    kept
}

/// An entry of a table in constant memory, as it stands in a value.
#[derive(Debug, Clone, Copy)]
struct Entry {
    address: Value,
    bytes: u8,
    sign_extended: bool,
}

impl Entry {
    fn of(terms: &Terms, base: BaseId) -> Option<Self> {
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
struct Table {
    start: Place,
    step: i64,
    /// How far the index reaches, in bytes, if values tell.
    last: i64,
    is_bounded: bool,
    index: Option<(Value, i64)>,
}

impl Table {
    fn of(terms: &Terms, state: &State, entry: Entry) -> Option<Self> {
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
    fn segments(&self, after: impl Fn(Place) -> i64) -> Vec<Vec<Place>> {
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
    fn choice(&self, number: i64) -> Option<(Value, i64)> {
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

/// The value of an entry, with its relocation.
fn entry_value(evaluator: &mut Evaluator<'_>, place: Place, entry: Entry) -> Option<Value> {
    let bits = entry.bytes * 8;
    let Some(relocation) = evaluator.image.relocation_at(place) else {
        let value = evaluator.constant_at(place, bits)?;
        let number = value.as_constant()?;
        let shift = 64 - u32::from(bits);
        let extended = match entry.sign_extended {
            true => ((number << shift) as i64 >> shift) as u64,
            false => number,
        };
        return Some(Value::constant(extended));
    };
    let target = match evaluator.image.follow(place, relocation, 0)? {
        Resolved::Place(target) => evaluator.terms.place(target),
        Resolved::External(symbol) => evaluator
            .terms
            .base(Base::External(symbol))
            .plus(relocation.addend),
        Resolved::Absolute(number) => Value::constant(number),
    };
    match relocation.kind {
        RelocationKind::Absolute => Some(target),
        RelocationKind::Relative | RelocationKind::PltRelative => {
            let here = evaluator.terms.place(place);
            Some(evaluator.terms.subtract(target, here))
        }
        RelocationKind::GotOffset => {
            let table = evaluator.terms.base(Base::Got);
            Some(evaluator.terms.subtract(target, table))
        }
        _ => None,
    }
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
