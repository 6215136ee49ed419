//! The frame in memory: stores and loads at addresses computed from SP.

mod passed;

use std::ops::Range;

use smallvec::SmallVec;

use super::known::Known;
use super::slots::{self, Slot};
use super::state::State;
use super::terms::{Base, Function, TermId, Terms, Value};
use crate::machine::Operation;

pub use passed::Passed;

/// No two addresses of one stack are further apart, in bytes.
pub(super) const MOST_STACK: i64 = 1 << 40;

/// What became of a store to the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stored {
    /// A slot that matters was spared on the assumption that a variable index
    /// stays inside the object it indexes.
    pub index_in_bounds: bool,
    /// Slots that matter were not spared: the object begins there, or it is SP that rose.
    pub breaks_kept: bool,
    /// It surely goes to the caller's frame: so far above SP at the entry, at least.
    pub above: Option<i64>,
}

/// What a load from the frame found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// The value, if the frame's contents tell.
    pub value: Option<Value>,
    /// Some of it was written by the root.
    pub written: bool,
    /// One store wrote all of it.
    pub covered: bool,
    /// It lay out of the red zone's reach since it was written.
    pub exposed: bool,
}

/// How two stretches of memory lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overlap {
    /// They have no byte in common.
    None,
    /// The second starts at this distance from the first, in bytes.
    At(i64),
    /// They may have, by how far an alignment moved the address.
    ByAlignment,
    /// They may have, by a variable index.
    ByIndex,
    /// They may have, by an index that is a natural number: at zero they do.
    AtFirstIndex,
    /// They may have, by how far SP has risen. That indexes no object.
    ByRisingStack,
}

impl State {
    /// Writes `bytes` bytes of `value` at a frame's address.
    pub fn store(&mut self, terms: &mut Terms, address: Value, bytes: u16, value: Value) -> Stored {
        let mut outcome = Stored::default();
        let reach = self.reach(terms, address);
        outcome.above = (reach.low >= terms.word()).then_some(reach.low);
        if bytes == 0 {
            self.forget_data(terms);
            outcome.index_in_bounds = true;
            return outcome;
        }
        let by_rising = self.is_by_stack_pointer(address) && self.has_risen(terms);
        outcome.breaks_kept = by_rising;
        // Where SP is, moves what is counted from it along.
        self.scattered |= reach.low != reach.high && !self.is_by_stack_pointer(address);
        if !terms.is_callers(address) && reach.high > terms.word() - i64::from(bytes) {
            outcome.index_in_bounds = true;
        }
        // What an index moves stays in the function's own frame, if it may begin there.
        let is_own = reach.low < terms.word();
        let mut inserted = false;
        let mut slots = std::mem::take(&mut self.slots);
        let mut pieces: SmallVec<[Slot; 4]> = SmallVec::new();
        let mut distances = Distances::from_slots(address);
        let mut near = self.near(terms, &mut distances, &slots, i64::from(bytes));
        while let Some(slot) = slots[..near.end].get_mut(near.start) {
            let mut is_gone = false;
            match self.overlap(terms, &mut distances, slot, i64::from(bytes), by_rising) {
                Overlap::None => {}
                Overlap::At(distance)
                    if value == Value::ANYTHING
                        && slot.is_data(terms)
                        && !slot.exposed
                        && distance >= 0
                        && distance + i64::from(bytes) <= i64::from(slot.bytes) =>
                {
                    inserted = true;
                }
                Overlap::At(0) if slot.bytes == bytes && value != Value::ANYTHING => {
                    slot.value = value;
                    slot.exposed = false;
                    inserted = true;
                }
                Overlap::At(distance) => {
                    if let Some(low) = inside(terms, slot, distance, bytes) {
                        slot.value = replace_part(terms, slot, low, bytes, value);
                        slot.exposed = false;
                        inserted = true;
                    } else {
                        leave_pieces(terms, &mut pieces, slot, distance, i64::from(bytes));
                        is_gone = true;
                    }
                }
                Overlap::ByAlignment => slot.value = may_be(terms, slot.value),
                Overlap::AtFirstIndex if matters(terms, slot.value) => {
                    outcome.breaks_kept = true;
                    slot.value = may_be(terms, slot.value);
                }
                Overlap::ByIndex
                    if matters(terms, slot.value) || is_own && terms.is_callers(slot.address()) =>
                {
                    outcome.index_in_bounds = true;
                }
                Overlap::AtFirstIndex | Overlap::ByRisingStack | Overlap::ByIndex => {
                    slot.value = may_be(terms, slot.value);
                }
            }
            if is_gone {
                slots.remove(near.start);
                near.end -= 1;
            } else {
                near.start += 1;
            }
        }
        let written = Slot {
            term: address.term,
            offset: address.offset,
            bytes,
            value,
            exposed: false,
        };
        pieces.extend((!inserted).then_some(written));
        for piece in pieces {
            slots::insert(&mut slots, terms, piece);
        }
        self.slots = slots;
        outcome
    }

    /// Reads `bytes` bytes at a frame's address.
    pub fn load(&self, terms: &mut Terms, address: Value, bytes: u16) -> Loaded {
        if bytes == 0 {
            // As much as an area of `xsave` has: nobody knows what of the frame that is.
            return Loaded {
                value: None,
                written: false,
                covered: false,
                exposed: false,
            };
        }
        let (found, next) = slots::around(&self.slots, address);
        if let Some(slot) = found {
            let low = address.offset.wrapping_sub(slot.offset);
            let end = low.checked_add(i64::from(bytes));
            if end.is_some_and(|end| end <= i64::from(slot.bytes)) {
                return Loaded {
                    value: part_of(terms, slot, low, bytes),
                    written: true,
                    covered: true,
                    exposed: slot.exposed,
                };
            }
            if let Some(second) = next
                && (low, bytes) == (0, 16)
                && let Some(value) = whole_of(terms, slot, second)
            {
                return Loaded {
                    value: Some(value),
                    written: true,
                    covered: true,
                    exposed: slot.exposed || second.exposed,
                };
            }
        }
        let end = address.offset.saturating_add(i64::from(bytes));
        let overlaps = next.is_some_and(|slot| slot.offset < end)
            || found.is_some_and(|slot| address.offset < slot.end());
        let untouched = !overlaps && terms.is_callers(address) && !self.callers_area_open;
        Loaded {
            value: untouched.then(|| terms.base(Base::Argument(address.offset, bytes))),
            written: overlaps,
            covered: untouched,
            exposed: false,
        }
    }

    /// Whether data is all that may overlap a stretch of the frame by a number that is not known.
    pub(super) fn meets_data_only(&self, terms: &mut Terms, address: Value, bytes: i64) -> bool {
        let mut distances = Distances::from_slots(address);
        let mut groups = self.slots.chunk_by(|a, b| a.term == b.term);
        groups.all(|group| {
            group[0].term == address.term
                || group.iter().all(|slot| slot.is_data(terms))
                || self.is_apart(terms, &mut distances, group, bytes)
        })
    }

    /// A range of slots outside of which nothing overlaps a stretch.
    fn near(
        &self,
        terms: &mut Terms,
        distances: &mut Distances,
        slots: &[Slot],
        bytes: i64,
    ) -> Range<usize> {
        let (mut near, mut start) = (0..0, 0);
        for group in slots.chunk_by(|a, b| a.term == b.term) {
            let within = if group[0].term == distances.to.term {
                // They are sorted, and none overlaps another.
                let (from, to) = (
                    distances.to.offset,
                    distances.to.offset.saturating_add(bytes),
                );
                let first = group.partition_point(|slot| slot.end() <= from);
                let behind = group.partition_point(|slot| slot.offset < to);
                (first < behind).then(|| (first, behind - 1))
            } else if self.is_apart(terms, distances, group, bytes) {
                None
            } else {
                let mut may_be_near = |slot: &Slot| {
                    let reach = distances.of(self, terms, slot.term, slot.offset);
                    reach.low < i64::from(slot.bytes) && reach.high > -bytes
                };
                let first = group.iter().position(&mut may_be_near);
                let last = group.iter().rposition(&mut may_be_near);
                first.zip(last)
            };
            if let Some((first, last)) = within {
                let first = start + first;
                near.start = if near.is_empty() { first } else { near.start };
                near.end = start + last + 1;
            }
            start += group.len();
        }
        near
    }

    /// Whether none of the slots, whose addresses have one symbolic part, overlaps a stretch.
    fn is_apart(
        &self,
        terms: &mut Terms,
        distances: &mut Distances,
        group: &[Slot],
        bytes: i64,
    ) -> bool {
        let (term, first) = (group[0].term, group[0].offset);
        let ends = group
            .iter()
            .map(|slot| slot.offset.saturating_add(i64::from(slot.bytes)));
        let end = ends.max().unwrap_or(first);
        distances.of(self, terms, term, end).low >= 0
            || distances.of(self, terms, term, first).high <= -bytes
    }

    fn overlap(
        &self,
        terms: &mut Terms,
        distances: &mut Distances,
        slot: &Slot,
        bytes: i64,
        by_rising: bool,
    ) -> Overlap {
        let address = distances.to;
        if slot.term == address.term {
            let distance = address.offset.wrapping_sub(slot.offset);
            let apart = distance >= i64::from(slot.bytes) || distance <= -bytes;
            return if apart {
                Overlap::None
            } else {
                Overlap::At(distance)
            };
        }
        let known = distances.of(self, terms, slot.term, slot.offset);
        if known.low >= i64::from(slot.bytes) || known.high <= -bytes {
            return Overlap::None;
        }
        let distance = terms.subtract(address, slot.address());
        if only_alignment(terms, distance.term) {
            Overlap::ByAlignment
        } else if by_rising {
            Overlap::ByRisingStack
        } else if known.low == distance.offset && (0..slot.bytes.into()).contains(&known.low) {
            Overlap::AtFirstIndex
        } else {
            Overlap::ByIndex
        }
    }

    /// Notes that an address of the frame is written here.
    pub(super) fn note_address(&mut self, terms: &mut Terms, at: Value, bytes: u16) {
        let reach = self.reach(terms, at).of_bytes(bytes);
        self.addresses = self.addresses.with(reach);
    }

    /// Whether bytes that no slot tells of may be an address of the frame.
    pub(super) fn may_hold_address(&self, terms: &mut Terms, at: Value, bytes: u16) -> bool {
        if self.addresses == Reach::NOWHERE {
            return false;
        }
        let reach = self.reach(terms, at).of_bytes(bytes);
        reach.low <= self.addresses.high && reach.high >= self.addresses.low
    }

    /// Whether an address is a number of bytes from where SP is.
    fn is_by_stack_pointer(&self, address: Value) -> bool {
        address.term == self.stack_pointer().term
    }

    /// Whether SP may be above where it was when a loop began, or by another way, and never below.
    fn has_risen(&self, terms: &Terms) -> bool {
        let mut parts = terms.parts(self.stack_pointer().term).iter();
        parts.any(|&(base, factor)| {
            let by = self.known(terms, terms.value_of_base(base)).scale(factor);
            terms.is_distance(base) && by.low >= 0 && by.high > 0
        })
    }

    /// Between which distances from SP at the entry an address lies.
    fn reach(&self, terms: &mut Terms, address: Value) -> Reach {
        let distance = terms.subtract(address, Value::FRAME);
        let Known { low, high, .. } = self.range(terms, distance);
        Reach { low, high }
    }

    /// All of the frame's data may have changed; what is kept for the caller has not.
    pub fn forget_data(&mut self, terms: &mut Terms) {
        self.scattered = true;
        for slot in &mut self.slots {
            if !matters(terms, slot.value) {
                slot.value = may_be(terms, slot.value);
            }
        }
    }

    /// Whoever knows an address of the frame may have written to its data.
    pub fn forget_escaped(&mut self, terms: &mut Terms) {
        self.forget_data(terms);
        self.callers_area_open = true;
    }

    /// Whatever lies below an address of the frame is gone.
    pub fn forget_below(&mut self, terms: &mut Terms, limit: Value) {
        let mut slots = std::mem::take(&mut self.slots);
        let mut distances = Distances::to_slots(limit);
        slots.retain_mut(|slot| {
            let below = distances
                .of(self, terms, slot.term, slot.offset)
                .low
                .saturating_neg();
            if below <= 0 {
                return true;
            }
            if terms.is_callers(slot.address()) {
                slot.value = Value::ANYTHING;
                return true;
            }
            let rest = slot.from(below).filter(|_| slot.is_data(terms));
            *slot = rest.unwrap_or(*slot);
            rest.is_some()
        });
        self.slots = slots;
    }

    /// Marks what lies further below SP than the red zone reaches.
    pub fn expose_below(&mut self, terms: &mut Terms, limit: Value) {
        let mut slots = std::mem::take(&mut self.slots);
        let mut distances = Distances::to_slots(limit);
        let mut above: SmallVec<[Slot; 2]> = SmallVec::new();
        for slot in slots.iter_mut().filter(|slot| !slot.exposed) {
            let below = match slot.term == limit.term {
                true => limit.offset.saturating_sub(slot.offset),
                false => distances
                    .of(self, terms, slot.term, slot.offset)
                    .high
                    .saturating_neg(),
            };
            if below > 0 {
                let rest = slot.from(below).filter(|_| slot.is_data(terms));
                slot.bytes -= rest.map_or(0, |rest| rest.bytes);
                slot.exposed = true;
                above.extend(rest);
            }
        }
        for slot in above {
            slots::insert(&mut slots, terms, slot);
        }
        self.slots = slots;
    }
}

/// The least and the greatest that a distance may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    low: i64,
    high: i64,
}

impl Reach {
    /// No distance.
    pub(super) const NOWHERE: Self = Self {
        low: i64::MAX,
        high: i64::MIN,
    };

    /// The distances of both, and those between.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    /// Where so many bytes lie that begin at such a distance. Nobody knows how far none of them
    /// reach: see [`State::store`].
    const fn of_bytes(self, bytes: u16) -> Self {
        let more = match bytes {
            0 => i64::MAX,
            _ => bytes as i64 - 1,
        };
        let high = self.high.saturating_add(more);
        Self { high, ..self }
    }
}

/// The distances between slots and an address. Slots are sorted, so that those whose
/// addresses have one symbolic part come together: what is known of it is asked once.
struct Distances {
    to: Value,
    /// From the slots to the address, or the other way.
    from_slots: bool,
    last: Option<(TermId, Known)>,
}

impl Distances {
    const fn from_slots(to: Value) -> Self {
        let last = None;
        Self {
            to,
            from_slots: true,
            last,
        }
    }

    const fn to_slots(from: Value) -> Self {
        Self {
            from_slots: false,
            ..Self::from_slots(from)
        }
    }

    /// Between what the distance between this address and `to` lies.
    fn of(&mut self, state: &State, terms: &mut Terms, term: TermId, offset: i64) -> Reach {
        let known = match self.last {
            Some((last, known)) if last == term => known,
            _ => {
                let known = self.of_terms(state, terms, term);
                self.last = Some((term, known));
                known
            }
        };
        let offset = self.to.offset.wrapping_sub(offset);
        let signed = if self.from_slots {
            offset
        } else {
            offset.wrapping_neg()
        };
        let ends = (
            known.low.checked_add(signed),
            known.high.checked_add(signed),
        );
        let (low, high) = match ends {
            (Some(low), Some(high)) => (low, high),
            _ => (i64::MIN, i64::MAX),
        };
        Reach { low, high }
    }

    fn of_terms(&self, state: &State, terms: &mut Terms, slot: TermId) -> Known {
        let start = |term| Value { term, offset: 0 };
        let (slot, other) = (start(slot), start(self.to.term));
        let distance = match self.from_slots {
            true => terms.subtract(other, slot),
            false => terms.subtract(slot, other),
        };
        state.range(terms, distance)
    }
}

/// Whether a value is one that a function keeps for its caller or for itself
/// to find its frame again, rather than data.
fn matters(terms: &Terms, value: Value) -> bool {
    if let Some(register) = terms.entry_in(value) {
        return terms.is_kept_for_caller(register);
    }
    match terms.as_base(value) {
        Some(Base::ReturnAddress | Base::FlagsWord { .. }) => true,
        // How far SP was moved to align it finds the frame again as an address of it does.
        _ => {
            terms.is_frame(value)
                || terms.as_place(value).is_some()
                || value.as_constant().is_none() && only_alignment(terms, value.term)
        }
    }
}

/// What a slot holds that may have been written: anything, or an address of the frame still.
fn may_be(terms: &mut Terms, value: Value) -> Value {
    if terms.has_frame(value) {
        terms.lost(value)
    } else {
        Value::ANYTHING
    }
}

/// Whether a distance depends on nothing but how far SP was moved to align it.
fn only_alignment(terms: &Terms, term: TermId) -> bool {
    terms.parts(term).iter().all(|&(base, _)| {
        matches!(
            terms.get(base),
            Base::Function {
                function: Function::Operation(Operation::And),
                inputs: [inner, _],
                ..
            } if terms.frame_part(inner).0 != 0
        )
    })
}

/// The offset of a narrow store inside a slot of up to 8 bytes that it does not fill. Of data
/// nothing is lost if the store gets a slot of its own.
fn inside(terms: &Terms, slot: &Slot, distance: i64, bytes: u16) -> Option<u8> {
    let narrow = slot.bytes <= 8 && bytes < slot.bytes && !slot.is_data(terms);
    let fits = distance >= 0 && distance + i64::from(bytes) <= i64::from(slot.bytes);
    (narrow && fits).then_some(distance as u8)
}

fn replace_part(terms: &mut Terms, slot: &Slot, low: u8, bytes: u16, value: Value) -> Value {
    if slot.value == Value::ANYTHING || value == Value::ANYTHING {
        return terms.without_details(&[slot.value, value]);
    }
    let bits = bytes as u8 * 8;
    terms.insert_bits(slot.value, low * 8, bits, value)
}

/// What remains of a slot that was partly overwritten: data stays data, and in the caller's area
/// bytes stay changed, since untouched ones there are arguments.
fn leave_pieces(
    terms: &Terms,
    pieces: &mut SmallVec<[Slot; 4]>,
    slot: &Slot,
    distance: i64,
    bytes: i64,
) {
    let end = slot.end();
    let is_callers = slot.term == Value::FRAME.term && end > terms.word();
    if !is_callers && !slot.is_data(terms) {
        return;
    }
    let start = slot.offset + distance;
    let ranges = [(slot.offset, start.min(end)), (start + bytes, end)];
    for (from, to) in ranges {
        if to > from {
            pieces.push(Slot {
                offset: from,
                bytes: (to - from) as u16,
                value: Value::ANYTHING,
                ..*slot
            });
        }
    }
}

/// What two slots side by side hold together, where each has one half of 128 bits.
fn whole_of(terms: &mut Terms, first: &Slot, second: &Slot) -> Option<Value> {
    let are_halves = (first.bytes, second.bytes) == (8, 8) && first.end() == second.offset;
    let is_known = |value| value != Value::ANYTHING && !terms.is_undefined(value);
    let are_known = is_known(first.value) && is_known(second.value);
    (are_halves && are_known).then(|| terms.whole(first.value, second.value))
}

fn part_of(terms: &mut Terms, slot: &Slot, low: i64, bytes: u16) -> Option<Value> {
    if slot.value == Value::ANYTHING {
        return None;
    }
    if low == 0 && bytes == slot.bytes {
        return Some(slot.value);
    }
    if let (0 | 8, 8, 16..) = (low, bytes, slot.bytes)
        && terms.is_wide(slot.value)
        && !terms.is_undefined(slot.value)
    {
        return terms.half(slot.value, low as u8 * 8);
    }
    if slot.bytes <= 8 && bytes <= 8 {
        return Some(terms.slice_bits(slot.value, low as u8 * 8, bytes as u8 * 8));
    }
    // The low part of a wide value goes by the same name.
    (low == 0).then(|| terms.truncate(slot.value, (bytes * 8).min(64) as u8))
}
