//! The frames of two ways: what both of them hold.

use super::{Differing, Join};
use crate::interpret::slots::{self, Slot};
use crate::interpret::state::State;
use crate::interpret::terms::{Location, Value};

impl Join<'_> {
    /// The slots that hold on both ways, in the place of `joined`.
    pub(super) fn join_slots(
        &mut self,
        differing: &mut Vec<Differing>,
        here: &State,
        there: &State,
        mut joined: Vec<Slot>,
    ) -> Vec<Slot> {
        joined.reserve(here.slots.len());
        let key = |slot: &Slot| (slot.term, slot.offset);
        let (mut i, mut j) = (0, 0);
        loop {
            match (here.slots.get(i), there.slots.get(j)) {
                (None, None) => break,
                (Some(left), Some(right)) if self.share_own_bytes(left, right) => {
                    self.join_own(differing, &mut joined, (left, here), (right, there));
                    i += usize::from(left.end() <= right.end());
                    j += usize::from(right.end() <= left.end());
                }
                (Some(left), Some(right)) if key(left) == key(right) => {
                    self.join_callers(differing, &mut joined, (left, here), (right, there));
                    i += 1;
                    j += 1;
                }
                (Some(left), right) if right.is_none_or(|right| key(left) < key(right)) => {
                    if self.terms.is_callers(left.address()) {
                        let other = self.held(there, left);
                        let held = ((left.value, here), (other, there));
                        self.join_slot(differing, &mut joined, *left, held);
                    }
                    i += 1;
                }
                (_, Some(right)) => {
                    if self.terms.is_callers(right.address()) {
                        let other = self.held(here, right);
                        let held = ((other, here), (right.value, there));
                        self.join_slot(differing, &mut joined, *right, held);
                    }
                    j += 1;
                }
                (Some(_), None) => break,
            }
        }
        joined
    }

    /// Whether two slots of the root's own frame have bytes in common.
    fn share_own_bytes(&self, left: &Slot, right: &Slot) -> bool {
        left.term == right.term
            && left.offset < right.end()
            && right.offset < left.end()
            && !self.terms.is_callers(left.address())
            && !self.terms.is_callers(right.address())
    }

    /// Joins slots of the root's own frame that have bytes in common.
    fn join_own(
        &mut self,
        differing: &mut Vec<Differing>,
        joined: &mut Vec<Slot>,
        (left, here): (&Slot, &State),
        (right, there): (&Slot, &State),
    ) {
        let exposed = left.exposed || right.exposed;
        let (from, to) = (left.offset.max(right.offset), left.end().min(right.end()));
        let is_whole = |slot: &Slot| slot.offset == from && slot.end() == to;
        let is_part = |slot: &Slot| is_whole(slot) || slot.is_data(self.terms);
        let whole = [left, right].into_iter().find(|slot| is_whole(slot));
        match whole {
            Some(&slot) if is_part(left) && is_part(right) => {
                let slot = Slot { exposed, ..slot };
                self.join_slot(
                    differing,
                    joined,
                    slot,
                    ((left.value, here), (right.value, there)),
                );
            }
            // An address of the frame is not to get lost: what no slot covers may be any.
            _ if [left, right]
                .iter()
                .any(|slot| self.terms.has_frame(slot.value)) => {}
            _ => {
                let data = Slot {
                    offset: from,
                    bytes: (to - from) as u16,
                    value: Value::ANYTHING,
                    exposed,
                    ..*left
                };
                slots::push(joined, self.terms, data);
            }
        }
    }

    /// Joins slots that begin at one address of the caller's area.
    fn join_callers(
        &mut self,
        differing: &mut Vec<Differing>,
        joined: &mut Vec<Slot>,
        (left, here): (&Slot, &State),
        (right, there): (&Slot, &State),
    ) {
        let slot = Slot {
            exposed: left.exposed || right.exposed,
            ..*left
        };
        if left.bytes == right.bytes {
            return self.join_slot(
                differing,
                joined,
                slot,
                ((left.value, here), (right.value, there)),
            );
        }
        joined.push(Slot {
            bytes: left.bytes.max(right.bytes),
            value: Value::ANYTHING,
            ..slot
        });
    }

    /// What another state holds where this one has a slot of the caller's area.
    fn held(&mut self, state: &State, slot: &Slot) -> Value {
        let loaded = state.load(self.terms, slot.address(), slot.bytes);
        loaded.value.unwrap_or(Value::ANYTHING)
    }

    /// Adds a slot that is one on both ways. Where they differ, its value is yet to be named.
    fn join_slot(
        &mut self,
        differing: &mut Vec<Differing>,
        joined: &mut Vec<Slot>,
        slot: Slot,
        (here, there): ((Value, &State), (Value, &State)),
    ) {
        let value = here.0;
        if value == there.0 && !self.terms.has_phi(value) {
            return slots::push(joined, self.terms, Slot { value, ..slot });
        }
        let location = Location::Slot(slot.term, slot.offset);
        self.compare(differing, location, here, there);
        // Data would become one with what is beside it.
        let value = match value {
            Value::ANYTHING => there.0,
            value => value,
        };
        joined.push(Slot { value, ..slot });
    }
}
