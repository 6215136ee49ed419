//! Vector registers that are read and written 64 bits at a time.

use super::{At, Evaluator};
use crate::interpret::state::State;
use crate::interpret::terms::Value;
use crate::machine::Rest;
use crate::registers::{Part, Register};

impl Evaluator<'_> {
    /// The half of a vector register from bit `low` on, if it has a name and is no garbage.
    pub(super) fn half_of_register(
        &mut self,
        state: &State,
        register: Register,
        low: u8,
    ) -> Option<Value> {
        let value = state.register(register);
        let bytes = state.widths[usize::from(register.0 - 16)];
        let is_held = bytes >= low / 8 + 8 && !self.terms.is_undefined(value);
        is_held.then(|| self.terms.half(value, low)).flatten()
    }

    /// What a vector register holds once a half of its low 128 bits is written, and how many bytes
    /// of that; `None` where it is to be taken as any other write is.
    pub(super) fn put_together(
        &mut self,
        state: &mut State,
        at: At,
        part: Part,
        value: Value,
        rest: Rest,
    ) -> Option<(Value, u8)> {
        let register = part.register;
        if value == Value::ANYTHING || self.terms.is_undefined(value) {
            return None;
        }
        match (part.low, part.bits) {
            (64, 64) => {
                let low = match self.half_of_register(state, register, 0) {
                    Some(low) => low,
                    // Half of an entry value may come back before the other.
                    None if self.terms.half_of(value).is_some() => {
                        self.site(state, at, register.0, 64)
                    }
                    None => return None,
                };
                Some((self.terms.whole(low, value), 16))
            }
            (0, 64)
                if rest == Rest::Keep
                    && let Some(high) = self.half_of_register(state, register, 64) =>
            {
                Some((self.terms.whole(value, high), 16))
            }
            // The low half of a value goes by that value's name.
            (0, 64..) => {
                let (whole, low) = self.terms.half_of(value)?;
                (low == 0).then_some((whole, 8))
            }
            _ => None,
        }
        .filter(|&(value, _)| value != Value::ANYTHING)
    }
}
