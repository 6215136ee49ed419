//! Loads and stores: in the frame, whose bytes are followed, and elsewhere.

use super::{At, Evaluator};
use crate::interpret::events::{Event, Reason, Use};
use crate::interpret::frame::Reach;
use crate::interpret::state::State;
use crate::interpret::terms::{Base, Value};

/// The output by which goes what a handler reads again of its frame.
const AGAIN: u8 = 127;

impl Evaluator<'_> {
    pub(super) fn load(
        &mut self,
        state: &mut State,
        at: At,
        address: Value,
        bits: u16,
        align: u8,
    ) -> Value {
        self.check_defined(at, address, Use::Address);
        self.note_pointee(at, address, bits);
        let (coefficient, touched) = self.terms.frame_part(address);
        if coefficient == 1 && !touched {
            return self.load_frame(state, at, address, bits.div_ceil(8), align);
        }
        if coefficient != 0 || touched {
            self.check_alignment(state, at, address, align);
            state.escaped |= state.addresses != Reach::NOWHERE;
            return Value::ANYTHING;
        }
        match self.load_constant(at, address, bits) {
            Some(value) => value,
            None => Value::ANYTHING,
        }
    }

    fn load_frame(
        &mut self,
        state: &mut State,
        at: At,
        address: Value,
        bytes: u16,
        align: u8,
    ) -> Value {
        self.check_alignment(state, at, address, align);
        self.check_step(state, at, address);
        let mut found = state.load(&mut self.terms, address, bytes);
        if let Some(value) = found.value
            && bytes <= 8
            && self.terms.is_wide(value)
        {
            found.value = Some(Value::ANYTHING);
        } else if let Some(value) = found.value {
            found.value = Some(state.truncate(&mut self.terms, value, (bytes * 8).min(64) as u8));
        }
        let distance = self.terms.subtract(address, state.stack_pointer());
        let known = state.range(&self.terms, distance);
        let below = known.high < -self.red_zone;
        let argument = self.terms.is_callers(address);
        if argument && self.is_untouched(found.value) {
            let end = address.offset + i64::from(bytes);
            let reach = self.record.assumptions.read_arguments.get_or_insert(end);
            *reach = end.max(*reach);
        }
        if (found.value.is_some() || found.written) && (below || found.exposed) {
            let distance = (known.low == known.high).then_some(-known.low);
            self.record(at, Event::BelowStackPointer { distance });
        }
        // Bytes of which the slots do not tell may be an address of the frame.
        if !found.covered && !state.escaped {
            state.escaped = state.may_hold_address(&mut self.terms, address, bytes);
        }
        let value = found.value.unwrap_or(Value::ANYTHING);
        if argument && value == Value::ANYTHING && self.terms.contract().interrupt.is_some() {
            return self.read_again(state, at, address, bytes);
        }
        value
    }

    /// What a handler reads of the processor's frame where somebody may have written: it was looked
    /// at, and goes by one name until somebody may have written again.
    fn read_again(&mut self, state: &mut State, at: At, address: Value, bytes: u16) -> Value {
        if bytes > 8 {
            return Value::ANYTHING;
        }
        let value = self.site(state, at, AGAIN, (bytes * 8) as u8);
        state.store(&mut self.terms, address, bytes, value);
        value
    }

    fn is_untouched(&self, value: Option<Value>) -> bool {
        let base = value.and_then(|value| self.terms.as_base(value));
        matches!(base, Some(Base::Argument(..)))
    }

    /// Stores to memory of any kind.
    pub(in crate::interpret) fn store(
        &mut self,
        state: &mut State,
        at: At,
        address: Value,
        value: Value,
        bits: u16,
        align: u8,
    ) {
        self.check_defined(at, address, Use::Address);
        self.note_pointee(at, address, bits);
        let (coefficient, touched) = self.terms.frame_part(address);
        if coefficient == 1 && !touched {
            return self.store_frame(state, at, address, value, bits.div_ceil(8), align);
        }
        self.check_stored(at, value, bits);
        self.escape(state, value);
        if coefficient != 0 || touched {
            self.check_alignment(state, at, address, align);
            self.assume_in_bounds(at);
            self.passed_guard |= self.guard.is_some();
            state.forget_data(&mut self.terms);
            return;
        }
        if let Some((place, _)) = self.section_of(address) {
            let code = self.image.section(place.section);
            if code.is_some_and(|section| section.flags.execute && !section.flags.write) {
                let reason = Reason::SelfModification;
                self.record(at, Event::Unknown { reason });
            }
        } else {
            let may_be_own = !self.terms.is_callers_pointer(address);
            self.store_outside(state, at, may_be_own);
        }
    }

    /// Stores to where the base of FS or GS leads, which may have been made an address of the frame.
    pub(super) fn store_by_base(&mut self, state: &mut State, at: At, value: Value) {
        self.escape(state, value);
        self.store_outside(state, at, true);
    }

    /// Stores through what is no address of the frame by its value, but may be one that was lost.
    fn store_outside(&mut self, state: &mut State, at: At, may_be_own: bool) {
        self.record.assumptions.no_alias = true;
        if state.escaped && may_be_own {
            self.assume_in_bounds(at);
            self.forget_escaped(state);
        }
    }

    pub(super) fn store_frame(
        &mut self,
        state: &mut State,
        at: At,
        address: Value,
        value: Value,
        bytes: u16,
        align: u8,
    ) {
        self.check_alignment(state, at, address, align);
        self.check_step(state, at, address);
        self.check_guard(state, address, bytes);
        if self.terms.has_frame(value) {
            state.note_address(&mut self.terms, address, bytes);
            state.escaped |= self.terms.is_callers(address);
        }
        let stored = state.store(&mut self.terms, address, bytes, value);
        // Where it breaks what is kept all the same, a run may show that.
        match (stored.index_in_bounds, stored.breaks_kept) {
            (true, true) => {
                self.record.assumptions.index_in_bounds = true;
                self.record.assumptions.begun.insert(at.place);
            }
            (true, false) => self.assume_in_bounds(at),
            (false, _) => {}
        }
        if let Some(offset) = stored.above {
            self.record(at, Event::CallerFrameStore { offset, bytes });
        }
        let limit = state.stack_pointer().plus(-self.red_zone);
        let distance = self.terms.subtract(address, limit);
        if state.range(&self.terms, distance).high < 0 {
            state.expose_below(&mut self.terms, limit);
        }
    }

    pub(super) fn assume_in_bounds(&mut self, at: At) {
        let assumptions = &mut self.record.assumptions;
        assumptions.index_in_bounds = true;
        assumptions.indexed.insert(at.place);
    }

    /// Whoever knows an address of the frame may have written to it.
    pub(in crate::interpret) fn forget_escaped(&mut self, state: &mut State) {
        self.passed_guard |= self.guard.is_some();
        state.forget_escaped(&mut self.terms);
    }

    fn check_guard(&mut self, state: &State, address: Value, bytes: u16) {
        let Some(guard) = self.guard else {
            return;
        };
        let distance = self.terms.subtract(address, guard);
        let known = state.known(&self.terms, distance);
        self.passed_guard |= bytes == 0 || known.high > -i64::from(bytes);
    }

    /// A value that leaves the frame takes an address of the frame with it.
    pub(super) fn escape(&mut self, state: &mut State, value: Value) {
        state.escaped |= self.terms.has_frame(value);
    }
}
