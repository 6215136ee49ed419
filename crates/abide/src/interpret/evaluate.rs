//! The abstract evaluator: runs the effects of an instruction on a state.

mod blocks;
mod checks;
mod constants;
mod flags;
mod halves;
mod memory;
mod names;
mod plain;
mod registers;

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::boundaries::Boundaries;
use super::code::Used;
use super::events::{Event, Record, Seen};
use super::state::{FlagSource, State};
use super::terms::{Base, TermId, Terms, Value, mask};
use crate::contracts::Statics;
use crate::inputs::{Image, Place};
use crate::machine::{Effect, Operand, Temp};

use flags::write_flags;

/// Where an instruction stands: its place, and the calls that led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct At {
    /// The instruction.
    pub place: Place,
    /// The calling context.
    pub context: u32,
}

/// Runs instructions on states.
pub(super) struct Evaluator<'image> {
    /// The image.
    pub image: &'image Image,
    /// The terms of this analysis.
    pub terms: Terms,
    /// The block that is being run.
    pub block: u32,
    /// What was seen in it so far.
    pub record: Record,
    /// Bytes below SP that stay as they are.
    pub red_zone: i64,
    /// Statics that are shared with compiled code.
    statics: Arc<Statics>,
    /// An address of the frame that stores are expected to stay below.
    pub guard: Option<Value>,
    /// Whether one may not have.
    pub passed_guard: bool,
    /// Where objects begin, if what constant tables hold is to be known.
    pub tables: Option<Arc<Boundaries>>,
    /// Whether a jump went to one of several places that a register may have held.
    pub chose_place: bool,
    /// Whether such a table was read.
    pub read_table: bool,
    /// The instructions that read constant memory at an address that varies, by what they read.
    pub readers: FxHashMap<TermId, BTreeSet<Place>>,
    /// Whether a vector register held garbage.
    has_garbage_vectors: bool,
    temps: Vec<Value>,
    /// How many of them the current instruction has set.
    temps_set: usize,
}

impl<'image> Evaluator<'image> {
    /// An evaluator with its own terms.
    #[must_use]
    pub(super) fn new(
        image: &'image Image,
        terms: Terms,
        red_zone: u32,
        statics: &Arc<Statics>,
    ) -> Self {
        let has_garbage_vectors = terms.contract().lacks_vectors();
        Self {
            image,
            terms,
            block: 0,
            record: Record::default(),
            red_zone: i64::from(red_zone),
            statics: Arc::clone(statics),
            guard: None,
            passed_guard: false,
            tables: None,
            chose_place: false,
            read_table: false,
            readers: FxHashMap::default(),
            has_garbage_vectors,
            temps: vec![Value::ANYTHING; 256],
            temps_set: 0,
        }
    }

    /// Notes an event.
    pub(super) fn record(&mut self, at: At, event: Event) {
        self.record.events.push(Seen {
            place: at.place,
            block: self.block,
            event,
        });
    }

    /// The value of an operand of the instruction that ran last.
    #[must_use]
    pub(super) fn operand(&self, operand: Operand) -> Value {
        match operand {
            Operand::Constant(number) => Value::constant(number),
            Operand::Temp(temp) => self.temps[usize::from(temp.0)],
        }
    }

    fn set(&mut self, temp: Temp, value: Value) {
        let index = usize::from(temp.0);
        self.temps[index] = value;
        self.temps_set = self.temps_set.max(index + 1);
    }

    /// Runs the effects of one instruction.
    pub(super) fn run(&mut self, state: &mut State, at: At, effects: &[Effect]) {
        self.temps_set = 0;
        let before = state.stack_pointer();
        for effect in effects {
            self.effect(state, at, effect);
            if let Effect::Load { into, .. } = *effect
                && self.terms.has_frame(self.operand(Operand::Temp(into)))
            {
                // What is left open may be the address that went into it.
                state.escaped |= !Used::of(effects).contains(into);
            }
        }
        if state.stack_pointer() != before {
            self.stack_moved(state, at);
        }
    }

    fn effect(&mut self, state: &mut State, at: At, effect: &Effect) {
        match *effect {
            Effect::Read { into, part } => {
                let value = self.read(state, at, into, part);
                self.set(into, value);
            }
            Effect::Write { part, value, rest } => {
                let value = self.operand(value);
                self.write(state, at, part, value, rest);
            }
            Effect::Address { into, reference } => {
                let value = self.reference(reference);
                self.set(into, value);
            }
            Effect::Compute {
                into,
                operation,
                bits,
                inputs,
            } => {
                let inputs = inputs.map(|input| self.operand(input));
                let value = match state.compute(&mut self.terms, operation, bits, inputs) {
                    Value::ANYTHING => self.terms.without_details(&inputs),
                    value => value,
                };
                self.set(into, value);
            }
            Effect::Opaque { into, lanes, .. } => {
                let value = self.of_lanes(state, lanes);
                self.set(into, value);
            }
            Effect::Take { part } => self.take(state, at, part),
            Effect::Load {
                into,
                address,
                bits,
                align,
                segment,
            } => {
                let address = self.operand(address);
                let value = match segment {
                    Some(_) => Value::ANYTHING,
                    None => self.load(state, at, address, bits, align),
                };
                let value = self.named_load(state, at, into, value, bits);
                self.set(into, value);
            }
            Effect::Store {
                address,
                value,
                bits,
                align,
                segment,
            } => {
                let (address, value) = (self.operand(address), self.operand(value));
                match segment {
                    None => self.store(state, at, address, value, bits, align),
                    Some(_) => self.store_by_base(state, at, value),
                }
            }
            Effect::SetFlags {
                set,
                operation,
                bits,
                inputs,
                result,
                unless_zero,
            } => {
                let [a, b, _] = inputs.map(|input| narrowed(self.operand(input), bits));
                let source = FlagSource::Operation {
                    operation,
                    bits,
                    inputs: [a, b],
                    result: self.operand(result),
                };
                // A count of zero would leave them as they were.
                let source = match unless_zero {
                    None => source,
                    Some(_) => FlagSource::Open(source.undefined(&self.terms)),
                };
                self.set_source(state, set, source);
            }
            Effect::WriteFlags { set, values } => write_flags(state, set, values),
            Effect::UndefineFlags { set, .. } => {
                self.set_source(state, set, FlagSource::Open(None));
            }
            Effect::FlagFrom { flag, value } => {
                let undefined = self.terms.undefined_source(self.operand(value));
                self.set_source(state, flag, FlagSource::Open(undefined));
            }
            Effect::ReadFlags { into } => {
                let (direction, alignment, nested) =
                    (state.direction, state.alignment, state.nested);
                let value = self.named(
                    state,
                    Base::FlagsWord {
                        context: at.context,
                        place: at.place,
                        direction,
                        alignment,
                        nested,
                    },
                );
                self.set(into, value);
            }
            Effect::LoadFlags { set, value } => {
                let value = self.operand(value);
                self.load_flags(state, set, value);
            }
            Effect::Test { into, condition } => {
                let value = state.condition(&mut self.terms, condition);
                self.set(into, value);
            }
            Effect::Block(block) => self.block(state, at, block),
        }
    }

    // ---- memory ----
}

/// An operand of an operation of `bits`: immediates come extended to 64.
fn narrowed(operand: Value, bits: u8) -> Value {
    match operand.as_constant() {
        Some(number) => Value::constant(number & mask(bits)),
        None => operand,
    }
}

/// The numbers of the bits that are set.
fn bits_of(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let index = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(index)
    })
}
