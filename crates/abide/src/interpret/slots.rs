//! The slots of a frame: what is known of its bytes, sorted by address.
//!
//! Of the slots whose addresses have one symbolic part none overlaps another. Bytes of which
//! nothing more is known than that they hold no address of the frame are *data*: however many
//! there are side by side, they are one slot.

use super::terms::{TermId, Terms, Value};

/// A frame with this many slots is an array: only the newest stay known.
const MOST_SLOTS: usize = 512;

/// What is held at an address of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The symbolic part of the address.
    pub term: TermId,
    /// The number in the address.
    pub offset: i64,
    /// How many bytes.
    pub bytes: u16,
    /// What they hold.
    pub value: Value,
    /// It lay out of the red zone's reach at some time since it was written.
    pub exposed: bool,
}

impl Slot {
    /// The address.
    #[must_use]
    pub const fn address(&self) -> Value {
        Value {
            term: self.term,
            offset: self.offset,
        }
    }

    /// The number in the address behind it.
    #[must_use]
    pub const fn end(&self) -> i64 {
        self.offset.saturating_add(self.bytes as i64)
    }

    /// Whether it is data of the root's own frame. In the caller's area, where bytes without a
    /// slot are arguments, each slot says that something changed.
    #[must_use]
    pub fn is_data(&self, terms: &Terms) -> bool {
        self.value == Value::ANYTHING && !terms.is_callers(self.address())
    }

    /// What of it lies behind its first bytes.
    #[must_use]
    pub fn from(&self, bytes: i64) -> Option<Self> {
        let rest = i64::from(self.bytes).checked_sub(bytes)?;
        Some(Self {
            offset: self.offset.checked_add(bytes)?,
            bytes: u16::try_from(rest).ok().filter(|&rest| rest != 0)?,
            ..*self
        })
    }

    /// Both as one, where they are data side by side.
    fn with(&self, next: &Self, terms: &Terms) -> Option<Self> {
        let joins = self.term == next.term
            && self.end() == next.offset
            && self.exposed == next.exposed
            && self.is_data(terms)
            && next.is_data(terms);
        let bytes = self.bytes.checked_add(next.bytes).filter(|_| joins)?;
        Some(Self { bytes, ..*self })
    }
}

/// The last slot that begins at an address or before it, and the first behind it, among those whose
/// addresses have the same symbolic part.
pub(super) fn around(slots: &[Slot], address: Value) -> (Option<&Slot>, Option<&Slot>) {
    let key = (address.term, address.offset);
    let (before, behind) =
        slots.split_at(slots.partition_point(|slot| (slot.term, slot.offset) <= key));
    let is_alike = |slot: &&Slot| slot.term == address.term;
    (
        before.last().filter(is_alike),
        behind.first().filter(is_alike),
    )
}

/// Adds a slot where there is none.
pub(super) fn insert(slots: &mut Vec<Slot>, terms: &Terms, slot: Slot) {
    let to_callers = terms.word().saturating_sub(slot.offset);
    let behind = slot.from(to_callers).filter(|_| {
        slot.term == Value::FRAME.term && to_callers > 0 && slot.value == Value::ANYTHING
    });
    if let Some(callers) = behind {
        let bytes = slot.bytes - callers.bytes;
        insert_whole(slots, terms, Slot { bytes, ..slot });
        return insert_whole(slots, terms, callers);
    }
    insert_whole(slots, terms, slot);
}

fn insert_whole(slots: &mut Vec<Slot>, terms: &Terms, slot: Slot) {
    let is_data = slot.is_data(terms);
    if slots.len() >= MOST_SLOTS {
        match slots.iter().position(|slot| slot.is_data(terms)) {
            Some(index) => drop(slots.remove(index)),
            None if is_data => return,
            None => {}
        }
    }
    let key = (slot.term, slot.offset);
    let place = slots.partition_point(|slot| (slot.term, slot.offset) < key);
    slots.insert(place, slot);
    join_next(slots, terms, place);
    if let Some(before) = place.checked_sub(1) {
        join_next(slots, terms, before);
    }
}

/// Makes one slot of data and of what lies behind it, if that is data too.
fn join_next(slots: &mut Vec<Slot>, terms: &Terms, index: usize) {
    if let Some([slot, next, ..]) = slots.get_mut(index..)
        && let Some(both) = slot.with(next, terms)
    {
        *slot = both;
        slots.remove(index + 1);
    }
}

/// Adds a slot behind all others of a list, whose addresses may have the same symbolic part.
pub(super) fn push(slots: &mut Vec<Slot>, terms: &Terms, slot: Slot) {
    if let Some(last) = slots.last_mut()
        && let Some(both) = last.with(&slot, terms)
    {
        *last = both;
    } else {
        slots.push(slot);
    }
}

/// Makes one slot of data side by side, and of what two ways wrote to the caller's area in pieces
/// that overlap: that says that all of it changed.
pub(super) fn merge(slots: &mut Vec<Slot>, terms: &Terms) {
    slots.dedup_by(|next, slot| {
        if next.term != slot.term {
            return false;
        }
        if let Some(both) = slot.with(next, terms) {
            *slot = both;
            return true;
        }
        if next.offset >= slot.end() {
            return false;
        }
        let end = slot.end().max(next.end());
        slot.bytes = u16::try_from(end - slot.offset).unwrap_or(u16::MAX);
        slot.value = Value::ANYTHING;
        slot.exposed |= next.exposed;
        true
    });
}
