//! Branches and jumps: to places, through tables and pointers, and out of the root.

use std::sync::Arc;

use super::Explorer;
use crate::inputs::Place;
use crate::interpret::evaluate::At;
use crate::interpret::events::{Aim, Callee, Event, Exit, Reason, Use};
use crate::interpret::known::Known;
use crate::interpret::state::State;
use crate::interpret::tables::{Destination, Jump, destinations, is_in_table};
use crate::interpret::terms::{Base, Terms, Value};
use crate::machine::{Condition, Operand, Reference, Target};

impl Explorer<'_, '_> {
    pub(super) fn target(&mut self, at: At, target: Target) -> Value {
        match target {
            Target::Direct(reference) => self.reference(reference),
            Target::Indirect(operand) => {
                let value = self.evaluator.operand(operand);
                self.evaluator.check_defined(at, value, Use::Target);
                value
            }
        }
    }

    pub(super) fn reference(&mut self, reference: Reference) -> Value {
        match reference {
            Reference::Place(place) => self.evaluator.terms.place(place),
            Reference::External(symbol, addend) => self
                .evaluator
                .terms
                .base(Base::External(symbol))
                .plus(addend),
            Reference::Got | Reference::GotEntry(_) => Value::ANYTHING,
        }
    }

    pub(super) fn branch(
        &mut self,
        state: &mut State,
        at: At,
        target: Reference,
        taken: Operand,
        _condition: Option<Condition>,
        from: u32,
    ) -> bool {
        let taken = self.evaluator.operand(taken);
        self.evaluator.check_defined(at, taken, Use::Branch);
        let mut other = self.spares.copy(state);
        if other.assume(&mut self.evaluator.terms, taken, true) {
            if taken.as_constant().is_some()
                && let Reference::Place(place) = target
            {
                self.count_frames(At { place, ..at }, &other);
            }
            self.note_stub(&other, at);
            let target = self.reference(target);
            self.jump(&mut other, at, target, from);
        }
        self.spares.put(other);
        state.assume(&mut self.evaluator.terms, taken, false)
    }

    /// Where an indirect jump or call leads: as it is declared, else as the values tell.
    pub(super) fn destinations(
        &mut self,
        state: &State,
        at: At,
        target: Value,
    ) -> Option<Vec<Destination>> {
        let stated = self.stated(at);
        if let Some(stated) = stated.filter(|stated| !stated.leads_to.is_empty()) {
            let places = stated.leads_to.iter();
            return Some(
                places
                    .map(|&place| Destination::Place(place, None))
                    .collect(),
            );
        }
        let jump = Jump {
            at: at.place,
            target,
            entries: stated.and_then(|stated| stated.entries),
        };
        let boundaries = &self.around.boundaries;
        destinations(&mut self.evaluator, boundaries, state, jump)
    }

    pub(super) fn aim(&mut self, state: &State, target: Value) -> Aim {
        let boundaries = &self.around.boundaries;
        if is_in_table(&mut self.evaluator, boundaries, state, target) {
            return Aim::Table;
        }
        if self.evaluator.terms.comes_from_image(target) || self.evaluator.is_own_code(target) {
            return Aim::Own;
        }
        Aim::Pointer {
            on_frame: self.evaluator.terms.is_frame(state.stack_pointer()),
        }
    }

    pub(super) fn jump(&mut self, state: &mut State, at: At, target: Value, from: u32) {
        if let Some(place) = self.evaluator.terms.as_place(target) {
            return self.jump_to(state, at, place, from);
        }
        if self.stated(at).is_some_and(|stated| stated.by_convention) {
            return self.leave(state, at, Callee::Pointer, from);
        }
        let Some(found) = self.destinations(state, at, target) else {
            return self.jump_anywhere(state, at, target, from);
        };
        for destination in found {
            match destination {
                Destination::Place(place, chosen) => {
                    let mut state = self.spares.copy(state);
                    if choose(&mut state, &self.evaluator.terms, chosen) {
                        went_to(&mut state, &mut self.evaluator.terms, target, place);
                        self.jump_to(&mut state, at, place, from);
                    }
                    self.spares.put(state);
                }
                Destination::External(symbol) => {
                    self.leave(state, at, Callee::External(symbol), from);
                }
                Destination::ReturnAddress => {
                    let mut state = state.clone();
                    self.give_back(&mut state, at, Value::RETURN_ADDRESS, from);
                }
            }
        }
    }

    pub(super) fn jump_to(&mut self, state: &mut State, at: At, place: Place, from: u32) {
        let at_entry = at.context == 0 && state.stack_pointer() == Value::FRAME;
        let is_other = at_entry && self.roots != [place];
        if self.around.is_compiled(place) || is_other && self.is_taken_by_contract(place) {
            return self.leave(state, at, Callee::Place(place), from);
        }
        if is_other && self.around.contracted.contains_key(&place) {
            self.note_jump_to_root(state, at, place);
        }
        let at = At { place, ..at };
        self.enter(at, state, Some(from));
    }

    /// What a function is owed that is jumped to and followed; see [`Self::note_call_of_root`].
    fn note_jump_to_root(&mut self, state: &State, at: At, place: Place) {
        let event = Event::HandedOver {
            callee: Callee::Place(place),
            direction: state.direction,
            x87_in_use: state.x87_in_use(&self.evaluator.terms),
            upper_in_use: state.upper_in_use(),
        };
        self.evaluator.record(at, event);
    }

    /// A jump to a function that returns to this one's caller, or to where this helper was called.
    pub(super) fn leave(&mut self, state: &mut State, at: At, callee: Callee, from: u32) {
        if !self.is_for_mode(state, callee) {
            let reason = Reason::OtherMode;
            return self.evaluator.record(at, Event::Unknown { reason });
        }
        let stack_pointer = state.stack_pointer();
        let word = self.evaluator.terms.word() as u16;
        let top = state
            .load(&mut self.evaluator.terms, stack_pointer, word)
            .value;
        let back = top.and_then(|top| self.evaluator.terms.as_place(top));
        if let Some(back) = back {
            if !self.contract_call(state, at, callee) {
                return;
            }
            let at = self.returned_to(at, back);
            self.enter(at, state, Some(from));
            return;
        }
        if self.is_unfamiliar(at, callee) {
            return;
        }
        let contract = self.evaluator.terms.contract();
        let own = contract.pops.filter(|_| contract.interrupt.is_none());
        if own.is_some() && own != self.around.pops_of(callee, contract) {
            let reason = Reason::Pops(callee);
            return self.evaluator.record(at, Event::Unknown { reason });
        }
        self.check_arguments(state, at, callee);
        self.note_unwinding(at, callee);
        // What it leaves behind when it returns is this root's doing too.
        self.evaluator.record.assumptions.callees.insert(callee);
        let exit = Exit::Tail(callee);
        let state = Arc::new(state.clone());
        self.evaluator.record(at, Event::Exit { exit, state });
    }

    /// A jump through a pointer ends the root; one that the image's own places
    /// and tables give, in a way that is not understood, may stay in it.
    fn jump_anywhere(&mut self, state: &mut State, at: At, target: Value, from: u32) {
        let is_pointer =
            !self.evaluator.terms.comes_from_image(target) && !self.evaluator.is_own_code(target);
        if is_pointer && state.stack_pointer() == Value::FRAME {
            return self.leave(state, at, Callee::Pointer, from);
        }
        let reason = Reason::IndirectJump(self.aim(state, target));
        self.evaluator.record(at, Event::Unknown { reason });
    }
}

/// Takes in what the choice of a table's entry says.
pub(super) fn choose(state: &mut State, terms: &Terms, chosen: Option<(Value, i64)>) -> bool {
    match chosen {
        Some((value, number)) => state.learn(terms, value, Known::exactly(number)),
        None => true,
    }
}

/// Takes in where a jump went: what else holds its target holds that place. A loop may jump back
/// by it without reading the table again. What the caller gave stays what it is.
fn went_to(state: &mut State, terms: &mut Terms, target: Value, place: Place) {
    let newest = terms.parts(target.term).iter().max();
    let Some(&(base, 1)) = newest else {
        return;
    };
    if matches!(terms.get(base), Base::Entry(_) | Base::Argument(..)) {
        return;
    }
    let place = terms.place(place);
    let rest = terms.subtract(target, terms.value_of_base(base));
    let by = terms.subtract(place, rest);
    if rest != Value::ANYTHING && by != Value::ANYTHING {
        state.replace(terms, base, by);
    }
}
