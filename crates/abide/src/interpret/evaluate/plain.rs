//! Plain instructions, run at once; data of the frame that they write and read, vectors that are
//! spilled, among what they do.

use super::{Evaluator, bits_of};
use crate::interpret::code::{Bytes, OnFrame, Plain};
use crate::interpret::slots;
use crate::interpret::state::State;
use crate::interpret::terms::{Terms, Value};
use crate::registers::Register;

impl Evaluator<'_> {
    /// Runs plain instructions at once; false where the state has something for them to do
    /// that is not plain, and nothing is done.
    pub(in crate::interpret) fn run_plain(
        &mut self,
        state: &mut State,
        plain: Plain,
        on_frame: &[OnFrame],
    ) -> bool {
        // By these bases the frame is accessed.
        let mut frame: u16 = 0;
        for index in bits_of((plain.values | plain.bases).into()) {
            let value = state.registers[index];
            let is_stored_to = plain.stored_to >> index & 1 == 1;
            let is_other = self.terms.is_plain(value);
            if is_other && is_stored_to && self.terms.has_section(value)
                || !is_other && plain.values >> index & 1 == 1
            {
                return false;
            }
            frame |= u16::from(!is_other) << index;
        }
        let stores = plain.stores || plain.stored_to & plain.bases & !frame != 0;
        let is_open = |index: usize| {
            state.registers[16 + index] == Value::ANYTHING || state.widths[index] < 16
        };
        if stores && state.escaped || !bits_of(plain.open).all(is_open) {
            return false;
        }
        let is_garbage = |index: usize| {
            let value = state.registers[16 + index];
            value != Value::ANYTHING && self.terms.is_undefined(value)
        };
        if self.has_garbage_vectors && bits_of(plain.lanes).any(is_garbage) {
            return false;
        }
        let on_frame = on_frame.iter().filter(|on| frame >> on.base.0 & 1 == 1);
        if !on_frame.clone().all(|on| self.is_plain_on_frame(state, on)) {
            return false;
        }
        for on in on_frame {
            let base = state.register(on.base);
            for bytes in &on.writes {
                let address = base.plus(bytes.from);
                state.store(&mut self.terms, address, bytes.count(), Value::ANYTHING);
            }
        }
        for index in bits_of(plain.opened) {
            state.open_vector(Register(16 + index as u8));
        }
        if plain.upper {
            state.registers[Register::UPPER_IN_USE.index()] = Value::constant(1);
        }
        self.record.assumptions.no_alias |= stores;
        true
    }

    /// Whether all that is read is data, and all that is written becomes data and nothing else:
    /// it is aligned, above SP and below the caller's frame, on pages that were touched.
    fn is_plain_on_frame(&mut self, state: &State, on_frame: &OnFrame) -> bool {
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
        let (before, next) = slots::around(&self.slots, address);
        if let Some(slot) = before.filter(|slot| slot.end() > address.offset) {
            return slot.value == Value::ANYTHING && !slot.exposed && end <= slot.end();
        }
        let is_free = next.is_none_or(|next| next.offset >= end);
        is_free && !self.may_hold_address(terms, address, bytes.count())
    }
}
