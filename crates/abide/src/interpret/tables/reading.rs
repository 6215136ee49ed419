//! Reading a table: how far it goes, and where its entries lead.

use std::ops::RangeInclusive;

use super::shape::{Entry, Table};
use super::{Destination, single};
use crate::inputs::{Place, RelocationKind, Resolved};
use crate::interpret::boundaries::{Boundaries, NEAR};
use crate::interpret::evaluate::Evaluator;
use crate::interpret::events::AssumedTable;
use crate::interpret::state::State;
use crate::interpret::terms::{Base, Value};

/// How many entries at the start of a table an index may never reach.
const MOST_SKIPPED: usize = 4;

/// The targets of a table.
pub(super) struct Found {
    pub(super) destinations: Vec<Destination>,
    /// How many of them are of entries before the one that a label begins the table with: the
    /// index may reach them, or it may not.
    pub(super) before: usize,
    /// The first and the last entry, where values alone do not bound the index.
    pub(super) assumed: Option<(Place, Place)>,
}

/// A table whose targets are being found.
pub(super) struct Reading<'a, 'image> {
    pub(super) evaluator: &'a mut Evaluator<'image>,
    pub(super) boundaries: &'a Boundaries,
    pub(super) table: Table,
    pub(super) entry: Entry,
    /// What is added to an entry.
    pub(super) rest: Value,
}

impl<'a, 'image> Reading<'a, 'image> {
    /// The table that a target is read from.
    pub(super) fn of(
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
    pub(super) fn assume(&mut self, jump: Place, first: Place, last: Place) {
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
    pub(super) fn targets(&mut self) -> Option<Found> {
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

    pub(super) fn whole(
        &mut self,
        places: &[Place],
        plausible: Plausible,
    ) -> Option<Vec<Destination>> {
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
    pub(super) fn target(&mut self, place: Place, plausible: Plausible) -> Option<Destination> {
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
    pub(super) fn note_doubts(&mut self, at: Place, found: &Found) {
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
pub(super) enum Plausible {
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
