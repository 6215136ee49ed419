//! What may break a contract: garbage that is used, alignment, pages that nobody touched, and what
//! declared types say of memory.

use super::{At, Evaluator};
use crate::contracts::Held;
use crate::interpret::events::{Event, Reason, Use};
use crate::interpret::known::Known;
use crate::interpret::state::State;
use crate::interpret::terms::{Base, BaseId, Garbage, Value, mask};
use crate::registers::Register;

/// A page, and the guard below a stack, in bytes.
const PAGE: i64 = 4096;

impl Evaluator<'_> {
    /// The garbage that a value comes from, if any of these bits may hold some.
    pub(super) fn garbage_in(&self, value: Value, bits: u64) -> Option<Garbage> {
        let may_be = value != Value::ANYTHING
            && self.terms.is_undefined(value)
            && self.terms.undefined_bits(value) & bits != 0;
        may_be.then(|| self.terms.undefined_source(value))?
    }

    pub(super) fn is_in_place_of_argument(&self, source: BaseId) -> bool {
        match self.terms.get(source) {
            Base::Entry(register) => self.terms.passes_parameters(register),
            Base::Argument(..) => true,
            _ => false,
        }
    }

    pub(super) fn check_alignment(&mut self, state: &State, at: At, address: Value, align: u8) {
        if align > 1 {
            let log2 = align.trailing_zeros() as u8;
            let residue = state.known(&self.terms, address).modulo(log2);
            if residue == Some(0) {
                return;
            }
            self.record(
                at,
                Event::AlignedAccess {
                    address,
                    align,
                    residue,
                },
            );
        }
    }

    pub(super) fn check_step(&mut self, state: &mut State, at: At, address: Value) {
        let from_entry = self.distance_from_entry(state, address);
        let distance = state.touched.saturating_sub(from_entry.high);
        if distance > PAGE {
            self.record(at, Event::UnprobedStep { distance });
        } else if self.may_step_over(state, from_entry) {
            self.record.assumptions.frame_bound = true;
        }
        state.touched = state.touched.min(from_entry.high);
    }

    /// Whether an address may lie further below what was touched than a page, as SP itself does:
    /// what only an index moves stays inside its object.
    pub(super) fn may_step_over(&mut self, state: &State, from_entry: Known) -> bool {
        let far = state.touched.saturating_sub(PAGE);
        from_entry.low < far && self.distance_from_entry(state, state.stack_pointer()).low < far
    }

    /// How far an address is from SP at the entry.
    pub(super) fn distance_from_entry(&mut self, state: &State, address: Value) -> Known {
        if address.term == Value::FRAME.term {
            return Known::exactly(address.offset);
        }
        let distance = self.terms.subtract(address, Value::FRAME);
        state.range(&self.terms, distance)
    }

    /// A helper has touched each page from SP down by `rax` bytes.
    pub(in crate::interpret) fn probe(&mut self, state: &mut State, at: At) {
        let size = state.register(Register::RAX);
        let lowest = self.terms.subtract(state.stack_pointer(), size);
        let reached = self.terms.subtract(lowest, Value::FRAME);
        let reached = state.range(&self.terms, reached);
        // However far it is, nothing was left out.
        let to = match reached.low == reached.high {
            true => reached.low,
            false => i64::MIN,
        };
        state.touched = state.touched.min(to);
        self.check_defined(at, size, Use::Address);
    }

    /// Notes that SP is elsewhere now, and what that leaves out of the red zone's reach.
    pub(super) fn stack_moved(&mut self, state: &mut State, at: At) {
        // Aligned by pieces it may be so, too, in 32-bit code, which loses no half of it.
        let is_piece = self.terms.frame_part(state.stack_pointer()) == (0, true);
        let may_lose = self.terms.word_bits() == 64 && !self.terms.contract().switches_stack;
        if is_piece && may_lose {
            let reason = Reason::LostStack;
            self.record(at, Event::Unknown { reason });
        }
        let limit = state.stack_pointer().plus(-self.red_zone);
        state.expose_below(&mut self.terms, limit);
    }

    /// Notes the use of a value that may hold garbage.
    pub(in crate::interpret) fn check_defined(&mut self, at: At, value: Value, used: Use) {
        if let Some(garbage) = self.garbage_in(value, u64::MAX) {
            self.record(at, Event::UndefinedUse { garbage, used });
        }
    }

    /// Notes an access through an argument that points to something of a known layout, or to a
    /// static that is shared.
    pub(super) fn note_pointee(&mut self, at: At, address: Value, bits: u16) {
        if !self.statics.are_none()
            && let Some((to, true)) = self.section_of(address)
            && self.statics.are_in(to.section)
            && bits > 0
        {
            let bytes = bits.div_ceil(8);
            self.record(at, Event::StaticAccess { to, bytes });
        }
        let direct = self.terms.pointer_of(address).map(|pointer| (pointer, 0));
        let pointer = direct.or_else(|| self.terms.indexed_pointer_of(address));
        if let Some((register, stride)) = pointer
            && bits > 0
        {
            let (offset, bytes) = (address.offset, bits.div_ceil(8));
            self.record(
                at,
                Event::PointeeAccess {
                    register,
                    offset,
                    bytes,
                    stride,
                },
            );
        }
    }

    /// Notes that garbage leaves the root in memory: in place of an argument, or of what a vector
    /// register held before a call.
    pub(super) fn check_stored(&mut self, at: At, value: Value, bits: u16) {
        let Some(garbage) = self.garbage_in(value, mask(bits.min(64) as u8)) else {
            return;
        };
        let is_argument = self.is_in_place_of_argument(garbage.source);
        let is_vector = matches!(
            self.terms.get(garbage.source),
            Base::Site { lost: Some(register), .. } if register.is_vector()
        );
        if is_argument || is_vector {
            // Who keeps an argument may not know that it is none.
            let as_it_was = is_argument
                && self.terms.sole_base(value) == Some(garbage.source)
                && value.offset == 0;
            let used = Use::Stored { as_it_was };
            self.record(at, Event::UndefinedUse { garbage, used });
        }
    }

    /// Notes that garbage is handed to a function that takes so many bits of it.
    pub(in crate::interpret) fn check_passed(
        &mut self,
        at: At,
        value: Value,
        held: Held,
        bits: u8,
    ) {
        if let Some(garbage) = self.garbage_in(value, mask(bits)) {
            let used = Use::Passed(held, bits);
            self.record(at, Event::UndefinedUse { garbage, used });
        }
    }
}
