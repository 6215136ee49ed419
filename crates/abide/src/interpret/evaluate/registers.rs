//! What an instruction reads of registers and writes to them, and parts of them.

use super::{At, Evaluator, bits_of};
use crate::interpret::events::{Event, Use};
use crate::interpret::state::State;
use crate::interpret::terms::{Base, Value, mask};
use crate::machine::{Rest, Temp};
use crate::registers::{Part, Register};

impl Evaluator<'_> {
    /// What a register holds goes where it is not followed: an address of the frame with it.
    pub(super) fn take(&mut self, state: &mut State, at: At, part: Part) {
        let value = state.register(part.register);
        self.escape(state, value);
        self.note_taken(at, value, part);
    }

    fn note_taken(&mut self, at: At, value: Value, part: Part) {
        if let Some(garbage) = self.garbage_in(value, mask_of(part))
            && self.is_in_place_of_argument(garbage.source)
            // Merges keep what they do not write, of a vector register that is only filled up.
            && !matches!(self.terms.get(garbage.source), Base::Entry(register) if register.is_vector())
        {
            let used = Use::Taken;
            self.record(at, Event::UndefinedUse { garbage, used });
        }
    }

    /// A result that is left open; garbage where one of these vector registers is all garbage.
    pub(super) fn of_lanes(&mut self, state: &State, lanes: u32) -> Value {
        if !self.has_garbage_vectors {
            return Value::ANYTHING;
        }
        let lost = bits_of(lanes)
            .map(|index| state.registers[16 + index])
            .find(|&value| value != Value::ANYTHING && self.terms.is_undefined(value));
        lost.map_or(Value::ANYTHING, |value| self.terms.lost(value))
    }

    pub(super) fn read(&mut self, state: &mut State, at: At, into: Temp, part: Part) -> Value {
        let register = part.register;
        if register.is_general() || register.is_control() {
            let value = state.register(register);
            let value = if value == Value::ANYTHING {
                let named = self.site(state, at, register.0, self.width_of(register));
                state.registers[register.index()] = named;
                named
            } else {
                value
            };
            return self.part_of(state, value, part);
        }
        if !register.is_vector() {
            let value = match register.is_segment() && !state.segments.contains(register) {
                true => self.terms.base(Base::Entry(register)),
                false => Value::ANYTHING,
            };
            return self.narrow(state, at, into, value, part.bits);
        }
        let width = u16::from(state.widths[usize::from(register.0 - 16)]) * 8;
        let value = state.register(register);
        if part.low != 0 {
            let high = match (part.low, part.bits) {
                (64, 64) => self.half_of_register(state, register, 64),
                _ => None,
            };
            let high = high.unwrap_or(Value::ANYTHING);
            return self.narrow(state, at, into, high, part.bits);
        }
        let value = match part.bits {
            bits if bits > width => {
                self.note_taken(at, value, part);
                Value::ANYTHING
            }
            bits @ ..=64 if self.terms.is_wide(value) => match self.terms.is_undefined(value) {
                true => self.terms.lost(value),
                false => {
                    let low = self.terms.half(value, 0).unwrap_or(Value::ANYTHING);
                    state.truncate(&mut self.terms, low, bits as u8)
                }
            },
            bits if bits < 64 && value != Value::ANYTHING => {
                state.truncate(&mut self.terms, value, bits as u8)
            }
            _ => value,
        };
        self.narrow(state, at, into, value, part.bits)
    }

    fn part_of(&mut self, state: &State, value: Value, part: Part) -> Value {
        if part.low == 0 {
            return state.truncate(&mut self.terms, value, part.bits as u8);
        }
        self.terms
            .slice_bits(value, part.low as u8, part.bits as u8)
    }

    /// A result of up to 64 bits has a name, so that copies of it are known to be equal.
    pub(super) fn narrow(
        &mut self,
        state: &mut State,
        at: At,
        into: Temp,
        value: Value,
        bits: u16,
    ) -> Value {
        if value == Value::ANYTHING && bits <= 64 {
            self.site(state, at, 128 | into.0, bits as u8)
        } else {
            value
        }
    }

    pub(super) fn write(
        &mut self,
        state: &mut State,
        at: At,
        part: Part,
        value: Value,
        rest: Rest,
    ) {
        let register = part.register;
        if register.is_general() {
            let value = match value {
                Value::ANYTHING => self.site(state, at, register.0, part.bits.min(64) as u8),
                value => value,
            };
            let old = state.registers[register.index()];
            let new = match (part.bits, rest) {
                (64.., _) => value,
                (bits, Rest::Zero) => state.truncate(&mut self.terms, value, bits as u8),
                (bits, Rest::Keep) => {
                    self.terms
                        .insert_bits(old, part.low as u8, bits as u8, value)
                }
            };
            state.registers[register.index()] = new;
        } else if register.is_vector() {
            // Lanes are not followed: an address in one may get anywhere.
            self.escape(state, value);
            if let Some((value, bytes)) = self.put_together(state, at, part, value, rest) {
                state.registers[register.index()] = value;
                state.widths[usize::from(register.0 - 16)] = bytes;
                return;
            }
            if part.low != 0 || value == Value::ANYTHING {
                self.note_taken(at, value, Part::low(register, part.bits));
                return state.keep_below(register, part.low);
            }
            self.has_garbage_vectors |= self.terms.is_undefined(value);
            state.registers[register.index()] = value;
            state.widths[usize::from(register.0 - 16)] = (part.bits / 8).min(64) as u8;
        } else if register.is_control() {
            // They are written whole.
            self.escape(state, value);
            state.registers[register.index()] = value;
        } else if register.is_segment() {
            self.write_segment(state, register, value);
        } else {
            // MMX and mask registers are not followed.
            self.escape(state, value);
        }
    }

    fn write_segment(&mut self, state: &mut State, register: Register, value: Value) {
        self.escape(state, value);
        let selector = state.truncate(&mut self.terms, value, 16);
        let is_restored = self.terms.as_base(selector) == Some(Base::Entry(register));
        match is_restored && selector_is_all(state, register) {
            true => state.segments.remove(register),
            false => state.segments.insert(register),
        }
    }
}

/// Whether a segment is as it was with the selector that it had: in 64-bit mode `fs` and `gs` get the base of
/// a descriptor by it, where the program may have had another (AMD64 APM vol. 2, 4.5.3).
fn selector_is_all(state: &State, register: Register) -> bool {
    state.mode != 64 || !matches!(register, Register::FS | Register::GS)
}

/// The bits of a register that are in a part.
fn mask_of(part: Part) -> u64 {
    let bits = mask(part.bits.min(64) as u8);
    bits.checked_shl(part.low.into()).unwrap_or(0)
}
