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

    /// Both as one, where this ends at the other and they tell the same.
    fn with(&self, next: &Self) -> Option<Self> {
        let joins = self.term == next.term
            && self.end() == next.offset
            && self.value == next.value
            && self.exposed == next.exposed;
        let bytes = self.bytes.checked_add(next.bytes).filter(|_| joins)?;
        Some(Self { bytes, ..*self })
    }
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
    if !is_data {
        return slots.insert(place, slot);
    }
    let data = |slot: &Slot| slot.is_data(terms);
    let before = place.checked_sub(1).filter(|&index| data(&slots[index]));
    let before = before.and_then(|index| Some((index, slots[index].with(&slot)?)));
    let (place, slot, is_new) = match before {
        Some((index, both)) => (index, both, false),
        None => (place, slot, true),
    };
    let next = slots.get(place + usize::from(!is_new));
    let with_next = next
        .filter(|next| data(next))
        .and_then(|next| slot.with(next));
    match (is_new, with_next) {
        (true, None) => slots.insert(place, slot),
        (true, Some(both)) => slots[place] = both,
        (false, None) => slots[place] = slot,
        (false, Some(both)) => {
            slots[place] = both;
            slots.remove(place + 1);
        }
    }
}

/// Adds a slot behind all others of a list, whose addresses may have the same symbolic part.
pub(super) fn push(slots: &mut Vec<Slot>, terms: &Terms, slot: Slot) {
    if slot.is_data(terms)
        && let Some(last) = slots.last_mut()
        && last.is_data(terms)
        && let Some(both) = last.with(&slot)
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
        if slot.is_data(terms)
            && next.is_data(terms)
            && let Some(both) = slot.with(next)
        {
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
