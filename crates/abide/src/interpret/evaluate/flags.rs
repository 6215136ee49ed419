//! The flags: where they come from, and words that are loaded into them.

use super::Evaluator;
use crate::interpret::state::{FlagSource, State};
use crate::interpret::terms::Value;
use crate::registers::Flags;

impl Evaluator<'_> {
    pub(super) fn set_source(&self, state: &mut State, set: Flags, source: FlagSource) {
        if set.contains(Flags::CF) {
            state.carry = source;
        }
        if set.intersects(Flags(Flags::ARITHMETIC.0 & !Flags::CF.0)) {
            // Flags that an operation sets apart from the others are not followed.
            let all = Flags::ZF | Flags::SF | Flags::OF | Flags::PF;
            state.status = match set.contains(all) {
                true => source,
                false => FlagSource::Open(source.undefined(&self.terms)),
            };
        }
        if set.contains(Flags::DF) {
            state.direction = None;
        }
        if set.contains(Flags::AC) {
            state.alignment = None;
        }
        if set.contains(Flags::NT) {
            state.nested = None;
        }
    }

    pub(super) fn load_flags(&mut self, state: &mut State, set: Flags, value: Value) {
        let source = FlagSource::Open(self.terms.undefined_source(value));
        self.set_source(state, set & Flags::ARITHMETIC, source);
        if set.contains(Flags::DF) {
            state.direction = self.terms.flag_in(value, Flags::DF);
        }
        if set.contains(Flags::AC) {
            state.alignment = self.terms.flag_in(value, Flags::AC);
        }
        if set.contains(Flags::NT) {
            state.nested = self.terms.flag_in(value, Flags::NT);
        }
    }
}

pub(super) fn write_flags(state: &mut State, set: Flags, values: Flags) {
    if set.contains(Flags::CF) {
        state.carry = FlagSource::Known(values.contains(Flags::CF));
    }
    if set.intersects(Flags(Flags::ARITHMETIC.0 & !Flags::CF.0)) {
        state.status = FlagSource::Open(None);
    }
    if set.contains(Flags::DF) {
        state.direction = Some(values.contains(Flags::DF));
    }
    if set.contains(Flags::AC) {
        state.alignment = Some(values.contains(Flags::AC));
    }
    if set.contains(Flags::NT) {
        state.nested = Some(values.contains(Flags::NT));
    }
}
