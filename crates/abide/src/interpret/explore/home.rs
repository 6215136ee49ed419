//! Home space: what a callee may write above its return address, by its convention.

use super::{Explorer, State};
use crate::conventions::Convention;
use crate::interpret::events::{Callee, Home};
use crate::interpret::known::Known;
use crate::interpret::terms::Value;

impl Explorer<'_, '_> {
    /// What the callee finds there, its return address pushed.
    pub(super) fn home_of(&mut self, state: &State, convention: &Convention) -> Home {
        let home = i64::from(convention.home_space);
        let top = state.stack_pointer();
        // A stack that the root was given is its giver's.
        if home == 0 || !self.evaluator.terms.is_frame(top) {
            return Home::Provided;
        }
        // A function that leaves to another leaves it its own.
        if top == Value::FRAME {
            return Home::Provided;
        }
        let end = self.distance_to_entry(state, top.plus(i64::from(convention.word()) + home));
        if end.high <= 0 {
            Home::Provided
        } else if end.low > 0 {
            Home::Callers
        } else {
            Home::Unknown
        }
    }

    /// What the callee may have written of the stack: all below SP, and its home space and its
    /// arguments as far as they are the root's to give. Where the home space is not, a rule tells,
    /// and what follows is not told again.
    pub(super) fn give_home(&mut self, state: &mut State, callee: Callee) {
        let above = self
            .around
            .given_above(callee, self.evaluator.terms.contract());
        let mut limit = state.stack_pointer();
        if !self.evaluator.terms.is_frame(limit) {
            return;
        }
        let end = limit.plus(i64::from(above));
        if self.distance_to_entry(state, end).high <= 0 {
            limit = end;
        }
        state.forget_below(&mut self.evaluator.terms, limit);
    }

    /// Notes that a callee's stack arguments, which are its own to write, are taken to stay: where
    /// nothing declares how many it has, all that the frame keeps above may be some.
    pub(super) fn note_arguments(&mut self, state: &State, callee: Callee) {
        let convention = self.convention_of(callee);
        let own = self.around.contract_of(callee);
        let is_declared = own.is_some_and(|contract| contract.declared.is_some());
        // Where registers come first, few functions have so many arguments.
        if is_declared || !convention.parameters.is_empty() {
            return;
        }
        let top = state.stack_pointer();
        let is_own = |offset: i64| top.term != Value::FRAME.term || offset < 0;
        let mut slots = state.slots.iter();
        let is_any = slots
            .any(|slot| slot.term == top.term && slot.offset >= top.offset && is_own(slot.offset));
        if is_any {
            let stay = &mut self.evaluator.record.assumptions.arguments_stay;
            stay.insert(callee);
        }
    }

    /// What is known of an address's distance from SP at the entry.
    fn distance_to_entry(&mut self, state: &State, address: Value) -> Known {
        let distance = self.evaluator.terms.subtract(address, Value::FRAME);
        state.range(&self.evaluator.terms, distance)
    }
}
