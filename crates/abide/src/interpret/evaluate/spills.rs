//! Data of the frame that plain instructions write and read: vectors that are spilled.

use super::Evaluator;
use crate::interpret::code::{Bytes, OnFrame};
use crate::interpret::state::State;
use crate::interpret::terms::{Terms, Value};

impl Evaluator<'_> {
    /// Whether all that is read is data, and all that is written becomes data and nothing else:
    /// it is aligned, above SP and below the caller's frame, on pages that were touched.
    pub(super) fn is_plain_on_frame(&mut self, state: &State, on_frame: &OnFrame) -> bool {
        let base = state.register(on_frame.base);
        if self.guard.is_some() || self.terms.frame_part(base) != (1, false) {
            return false;
        }
        let hull = on_frame.hull();
        let (lowest, bytes) = (base.plus(hull.from), hull.to - hull.from);
        let reach = self.distance_from_entry(state, lowest);
        let is_touched = reach.high >= state.touched && !self.may_step_over(state, reach);
        let mut reads = on_frame.reads.iter();
        is_touched
            && reach.high <= -bytes
            && reads.all(|read| state.holds_data(&mut self.terms, base.plus(read.from), *read))
            && self.is_aligned(state, on_frame)
            && !self.is_below_stack(state, lowest)
            && state.meets_data_only(&mut self.terms, lowest, bytes)
    }

    fn is_aligned(&self, state: &State, on_frame: &OnFrame) -> bool {
        let address = state.register(on_frame.base).plus(on_frame.residue as i64);
        let log2 = on_frame.log2;
        log2 == 0 || state.known(&self.terms, address).modulo(log2) == Some(0)
    }

    fn is_below_stack(&mut self, state: &State, address: Value) -> bool {
        let distance = self.terms.subtract(address, state.stack_pointer());
        state.range(&self.terms, distance).high < 0
    }
}

impl State {
    /// Whether bytes of the frame are data, and stayed in the red zone's reach. What no slot tells
    /// of is data too, unless an address of the frame may lie there.
    fn holds_data(&self, terms: &mut Terms, address: Value, bytes: Bytes) -> bool {
        let end = address.offset.saturating_add(bytes.to - bytes.from);
        let key = (address.term, address.offset);
        let behind = self
            .slots
            .partition_point(|slot| (slot.term, slot.offset) <= key);
        let before = behind
            .checked_sub(1)
            .and_then(|index| self.slots.get(index))
            .filter(|slot| slot.term == address.term && slot.end() > address.offset);
        if let Some(slot) = before {
            return slot.value == Value::ANYTHING && !slot.exposed && end <= slot.end();
        }
        let next = self.slots.get(behind);
        let is_free = next.is_none_or(|next| next.term != address.term || next.offset >= end);
        is_free && !self.may_hold_address(terms, address, bytes.count())
    }
}
