//! Helpers that call themselves: a summary that holds by induction.
//!
//! A helper's call to itself is taken to keep an inferred contract: SP is
//! balanced, DF is clear, nothing changes at or above the return address, and
//! some registers are preserved, at first all. A context of its own runs the
//! helper from whatever state it is so called with, and shows whether it keeps
//! what was taken for granted; where it does not, the analysis starts again
//! with fewer registers. What remains holds for a call of any depth, by
//! induction over the length of the run.

use rustc_hash::FxHashMap;

use super::passes::Kept;
use super::{At, Context, Event, Explorer, Key, Links, Place, Reason, Seen};
use crate::interpret::frame::Reach;
use crate::interpret::state::{FlagSource, State, TRACKED};
use crate::interpret::terms::{Base, Location, Value};
use crate::machine::GsBase;
use crate::registers::{Register, RegisterSet};

/// How many low bytes of a preserved vector register a helper is taken to keep.
const KEPT: u8 = 16;

/// Whether a register has a value of its own at the entry of a helper that calls itself.
fn is_followed(register: Register, preserved: RegisterSet) -> bool {
    !register.is_vector() || preserved.contains(register)
}

/// What is known of a helper that calls itself.
pub(super) struct Summary {
    callee: Place,
    /// The context that runs it from any state that it calls itself with.
    context: u32,
    /// SP at its entry there.
    entry: Value,
    /// Its return address there, which stands for those of all calls.
    back: Value,
    /// The registers that it is taken to preserve.
    kept: RegisterSet,
    /// The state at each return, by block.
    exits: FxHashMap<u32, State>,
    /// It may write at or above its return address.
    writes_above: bool,
}

impl Explorer<'_, '_> {
    /// A call of a helper to itself, its return address pushed.
    pub(super) fn call_again(
        &mut self,
        mut state: State,
        at: At,
        next: Place,
        callee: Place,
        from: u32,
    ) {
        let is_frame = self.evaluator.terms.is_frame(state.stack_pointer());
        if !is_frame || !self.is_in_own_mode(&state) || state.base != GsBase::AsEntered {
            let reason = Reason::Recursion;
            let at = At {
                place: callee,
                ..at
            };
            return self.evaluator.record(at, Event::Unknown { reason });
        }
        let number = self.summary_of(callee, at);
        let entry = self.any_entry(&state, number);
        let context = self.summaries[number as usize].context;
        let place = callee;
        self.enter(At { place, context }, &entry, Some(from));
        self.summarised(&mut state, at, number);
        self.enter(At { place: next, ..at }, &state, Some(from));
    }

    fn summary_of(&mut self, callee: Place, at: At) -> u32 {
        let found = self.summaries.iter().position(|s| s.callee == callee);
        if let Some(found) = found {
            return found as u32;
        }
        let number = self.summaries.len() as u32;
        let context = self.contexts.len() as u32;
        let nowhere = Place {
            offset: i64::MIN,
            ..callee
        };
        self.contexts.push(Context {
            parent: 0,
            returns_to: nowhere,
            callee,
            depth: self.contexts[at.context as usize].depth + 1,
            summary: Some(number),
        });
        let terms = &mut self.evaluator.terms;
        let distance = terms.base(unknown(number, Register::RSP, None, false));
        let entry = terms.add(Value::FRAME, distance);
        let back = terms.lost(Value::ANYTHING);
        let controls = Register::MXCSR.0..=Register::UPPER_IN_USE.0;
        let all: RegisterSet = (0..16).chain(controls).map(Register).collect();
        let vectors = self.preserved.iter().filter(|r| r.is_vector());
        let all = all.union(vectors.collect());
        self.summaries.push(Summary {
            callee,
            context,
            entry,
            back,
            kept: self.granted.kept.get(&callee).copied().unwrap_or(all),
            exits: FxHashMap::default(),
            writes_above: false,
        });
        number
    }

    /// The state of a call with all that differs from call to call taken away.
    fn any_entry(&mut self, state: &State, number: u32) -> State {
        let Summary { entry, back, .. } = self.summaries[number as usize];
        let terms = &mut self.evaluator.terms;
        let distance = terms.subtract(state.stack_pointer(), Value::FRAME);
        let known = state.known(terms, distance);
        let mut any = state.clone();
        let followed = self.preserved;
        for index in 0..TRACKED {
            let register = Register(index as u8);
            let value = state.registers[index];
            let (coefficient, touched) = terms.frame_part(value);
            let undefined = terms.undefined_source(value);
            let frame = coefficient != 0 || touched;
            any.registers[index] = match is_followed(register, followed) {
                true => terms.base(unknown(number, register, undefined, frame)),
                false => Value::ANYTHING,
            };
        }
        for width in &mut any.widths {
            *width = (*width).min(KEPT);
        }
        any.registers[Register::RSP.index()] = entry;
        any.slots.retain_mut(|slot| {
            let lasts = matches!(
                terms.as_base(slot.value),
                Some(Base::Entry(_) | Base::ReturnAddress)
            );
            if !lasts {
                slot.value = Value::ANYTHING;
            }
            slot.term == Value::FRAME.term
        });
        any.escaped |= any.addresses != Reach::NOWHERE;
        any.facts.clear();
        any.choices.clear();
        any.forks.clear();
        let distance = terms.subtract(entry, Value::FRAME);
        any.set_fact(distance.term, known);
        for source in [&mut any.carry, &mut any.status] {
            *source = FlagSource::Open(source.undefined(terms));
        }
        let word = terms.word() as u16;
        any.store(terms, entry, word, back);
        any
    }

    /// What a call leaves behind that keeps to its summary.
    fn summarised(&mut self, state: &mut State, at: At, number: u32) {
        let kept = self.summaries[number as usize].kept;
        // It may give back an address of its own frame, or of one that it was given.
        state.escaped = true;
        state.scattered = true;
        let top = state.stack_pointer().plus(self.evaluator.terms.word());
        state.registers[Register::RSP.index()] = top;
        state.forget_below(&mut self.evaluator.terms, top);
        let segments = (0..6).map(Register::segment);
        for register in segments.filter(|&segment| !kept.contains(segment)) {
            state.segments.insert(register);
        }
        for index in 0..TRACKED {
            let register = Register(index as u8);
            if register.is_vector() && kept.contains(register) {
                state.keep_below(register, u16::from(KEPT) * 8);
            }
            if register == Register::RSP || kept.contains(register) {
                continue;
            }
            match register.is_vector() {
                true => state.open_vector(register),
                false => state.registers[index] = self.evaluator.returned(state, at, register),
            }
        }
        state.carry = FlagSource::Open(None);
        state.status = FlagSource::Open(None);
        state.direction = Some(false);
    }

    /// A return from a call that a summary speaks of; false where it is another.
    pub(super) fn leave_summary(
        &mut self,
        state: &State,
        at: At,
        address: Value,
        from: u32,
    ) -> bool {
        let is_back = self.is_back(at.context, address);
        if is_back && let Some(number) = self.contexts[at.context as usize].summary {
            let exits = &mut self.summaries[number as usize].exits;
            exits.insert(from, state.clone());
        }
        is_back
    }

    /// The context that runs a helper from any state that it calls itself with.
    #[cfg(test)]
    pub(super) fn summary_context(&self, callee: Place) -> Option<u32> {
        let found = self.summaries.iter().find(|s| s.callee == callee)?;
        Some(found.context)
    }

    /// Whether an address stands for those that calls of a helper to itself return to.
    pub(super) fn is_back(&self, context: u32, address: Value) -> bool {
        let summary = self.contexts[context as usize].summary;
        summary.is_some_and(|number| self.summaries[number as usize].back == address)
    }

    /// The address below which a block's stores stay, if a summary says that they do.
    pub(super) fn guard_of(&self, context: u32) -> Option<Value> {
        let summary = self.contexts[context as usize].summary?;
        Some(self.summaries[summary as usize].entry)
    }

    /// Notes that a store in a context may have reached what its summary spares.
    pub(super) fn wrote_above(&mut self, context: u32) {
        if let Some(summary) = self.contexts[context as usize].summary {
            self.summaries[summary as usize].writes_above = true;
        }
    }

    /// What the summaries may go on taking for granted, where that is less than they did.
    pub(super) fn weaker(&self) -> Option<Kept> {
        let mut kept = self.granted.kept.clone();
        let mut is_weaker = false;
        for summary in &self.summaries {
            let holds = self.preserved(summary);
            is_weaker |= holds != summary.kept;
            kept.insert(summary.callee, holds);
        }
        is_weaker.then_some(kept)
    }

    fn preserved(&self, summary: &Summary) -> RegisterSet {
        let Some(entry) = self.entry_of(summary) else {
            return summary.kept;
        };
        let is_kept = |&register: &Register| {
            let before = entry.register(register);
            let is_whole = |exit: &State| {
                !register.is_vector() || exit.widths[usize::from(register.0 - 16)] >= KEPT
            };
            let mut exits = summary.exits.values();
            if register.is_segment() {
                return exits.all(|exit| !exit.segments.contains(register));
            }
            register == Register::RSP
                || (before != Value::ANYTHING
                    && exits.all(|exit| exit.register(register) == before && is_whole(exit)))
        };
        summary.kept.iter().filter(is_kept).collect()
    }

    fn entry_of(&self, summary: &Summary) -> Option<&State> {
        let key = Key {
            place: summary.callee,
            context: summary.context,
            stack_pointer: summary.entry,
            links: Links::NONE,
            base: GsBase::AsEntered,
        };
        let block = self.keys.get(&key)?;
        Some(&self.blocks[*block as usize].state)
    }

    /// An event for each helper that calls itself and breaks what its summary takes for granted.
    pub(super) fn broken_summaries(&self) -> impl Iterator<Item = Seen> {
        let word = self.evaluator.terms.word();
        let broken = self.summaries.iter().filter(move |summary| {
            summary.writes_above
                || summary.exits.values().any(|exit| {
                    exit.stack_pointer() != summary.entry.plus(word)
                        || exit.direction != Some(false)
                })
        });
        broken.map(|summary| {
            let reason = Reason::Recursion;
            Seen {
                place: summary.callee,
                block: 0,
                event: Event::Unknown { reason },
            }
        })
    }
}

/// What a register holds at the entry of a helper that calls itself. No block has this number.
fn unknown(
    summary: u32,
    register: Register,
    undefined: Option<crate::interpret::terms::Garbage>,
    frame: bool,
) -> Base {
    Base::Phi {
        block: u32::MAX - summary,
        location: Location::Register(register),
        distance: false,
        undefined,
        undefined_from: 0,
        frame,
        callers: false,
    }
}
