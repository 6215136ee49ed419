//! Unwind tables with the eyes of an unwinder: what it finds at an instruction, and what it
//! ought to find.
//!
//! An unwinder knows the table, the registers and memory. The same reckoning runs on values of
//! the abstract state and on the numbers of a replay.

use std::sync::OnceLock;

use super::evaluate::At;
use super::events::{Event, Unwound, Whereabouts};
use super::explore::Explorer;
use super::state::State;
use super::terms::{Base, Terms, Value};
use crate::inputs::{CanonicalFrame, Image, Place, Saved, Step, Unwind, UnwindRow};
use crate::machine::Operation;
use crate::registers::Register;

/// The unwind tables of an image's objects, each read when it is first asked for.
pub struct UnwindTables<'image> {
    image: &'image Image,
    tables: Vec<OnceLock<Unwind>>,
}

impl<'image> UnwindTables<'image> {
    /// The tables of an image; none is read yet.
    #[must_use]
    pub fn new(image: &'image Image) -> Self {
        let tables = image.objects().iter().map(|_| OnceLock::new());
        Self {
            image,
            tables: tables.collect(),
        }
    }

    fn of(&self, place: Place) -> Option<&Unwind> {
        let number = self.image.object_of(place.section)? as usize;
        let object = self.image.objects().get(number)?;
        Some(self.tables.get(number)?.get_or_init(|| Unwind::of(object)))
    }

    /// Whether the object of a place has a table.
    #[must_use]
    pub(super) fn has(&self, place: Place) -> bool {
        self.of(place).is_some_and(|unwind| !unwind.is_empty())
    }

    /// Whether the table says that a function begins at a place, as one that was just called.
    #[must_use]
    pub fn begins_function(&self, place: Place) -> bool {
        let section = self.image.index_of(place.section);
        let offset = u64::try_from(place.offset).ok();
        let at = section.zip(offset).zip(self.of(place));
        at.is_some_and(|((section, offset), unwind)| unwind.begins_function(section, offset))
    }

    /// What the table says of an instruction.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<&UnwindRow> {
        let unwind = self.of(place)?;
        let offset = u64::try_from(place.offset).ok()?;
        unwind.at(self.image.index_of(place.section)?, offset)
    }
}

/// Where an unwinder reads from.
pub(super) trait Source {
    /// A number of 64 bits, or a name for one.
    type Number: Copy;
    /// What a register holds.
    fn register(&mut self, register: Register) -> Option<Self::Number>;
    /// What stands in memory, so many bytes of it.
    fn load(&mut self, address: Self::Number, bytes: u8) -> Option<Self::Number>;
    /// A number.
    fn number(&mut self, number: i64) -> Self::Number;
    /// What an operation of 64 bits makes of two numbers.
    fn compute(
        &mut self,
        operation: Operation,
        a: Self::Number,
        b: Self::Number,
    ) -> Option<Self::Number>;
}

/// Where an unwinder takes the canonical frame address to be.
pub(super) fn frame<S: Source>(source: &mut S, row: &UnwindRow) -> Option<S::Number> {
    match &row.frame {
        CanonicalFrame::Offset(register, offset) => {
            let register = source.register(*register)?;
            plus(source, register, *offset)
        }
        CanonicalFrame::Computed(steps) => compute(source, steps),
        CanonicalFrame::Unread => None,
    }
}

/// What an unwinder takes a part of the caller's state to be; none where it takes it to be lost.
pub(super) fn part<S: Source>(
    source: &mut S,
    row: &UnwindRow,
    frame: S::Number,
    part: Unwound,
) -> Option<S::Number> {
    let (saved, itself) = match part {
        Unwound::Frame => return Some(frame),
        Unwound::ReturnAddress => (&row.return_address, None),
        Unwound::Register(register) => (saved(row, register), Some(register)),
    };
    match saved {
        Saved::Same => source.register(itself?),
        Saved::In(register) => source.register(*register),
        Saved::Is(offset) => plus(source, frame, *offset),
        Saved::At(offset) => {
            let address = plus(source, frame, *offset)?;
            source.load(address, 8)
        }
        Saved::AtComputed(steps) => {
            let address = compute(source, steps)?;
            source.load(address, 8)
        }
        Saved::Computed(steps) => compute(source, steps),
        Saved::Lost | Saved::Unread => None,
    }
}

/// What a row says of a register: what is not named has not changed.
pub(super) fn saved(row: &UnwindRow, register: Register) -> &Saved {
    let found = row.saved.iter().find(|&&(other, _)| other == register);
    found.map_or(&Saved::Same, |(_, saved)| saved)
}

fn plus<S: Source>(source: &mut S, a: S::Number, number: i64) -> Option<S::Number> {
    let number = source.number(number);
    source.compute(Operation::Add, a, number)
}

fn compute<S: Source>(source: &mut S, steps: &[Step]) -> Option<S::Number> {
    let mut stack = Vec::new();
    for step in steps {
        let next = match *step {
            Step::Register(register, offset) => {
                let register = source.register(register)?;
                plus(source, register, offset)?
            }
            Step::Number(number) => source.number(number),
            Step::Add(number) => plus(source, stack.pop()?, number)?,
            Step::Load(bytes) => source.load(stack.pop()?, bytes)?,
            Step::Sum => both(source, &mut stack, Operation::Add)?,
            Step::Difference => both(source, &mut stack, Operation::Subtract)?,
            Step::Product => both(source, &mut stack, Operation::Multiply)?,
            Step::ShiftLeft => both(source, &mut stack, Operation::ShiftLeft)?,
            Step::And => both(source, &mut stack, Operation::And)?,
        };
        stack.push(next);
    }
    stack.pop()
}

fn both<S: Source>(
    source: &mut S,
    stack: &mut Vec<S::Number>,
    operation: Operation,
) -> Option<S::Number> {
    let (b, a) = (stack.pop()?, stack.pop()?);
    source.compute(operation, a, b)
}

/// An abstract state, as an unwinder reads it.
struct Abstract<'a> {
    state: &'a State,
    terms: &'a mut Terms,
}

impl Source for Abstract<'_> {
    type Number = Value;

    fn register(&mut self, register: Register) -> Option<Value> {
        Some(self.state.register(register))
    }

    fn load(&mut self, address: Value, bytes: u8) -> Option<Value> {
        if !self.terms.is_frame(address) {
            return None;
        }
        self.state.load(self.terms, address, u16::from(bytes)).value
    }

    fn number(&mut self, number: i64) -> Value {
        Value::constant(number as u64)
    }

    fn compute(&mut self, operation: Operation, a: Value, b: Value) -> Option<Value> {
        Some(match operation {
            Operation::Add => self.terms.add(a, b),
            Operation::Subtract => self.terms.subtract(a, b),
            // What is learned of the result is the unwinder's alone.
            _ => {
                let inputs = [a, b, Value::constant(0)];
                let mut state = self.state.clone();
                state.compute(self.terms, operation, 64, inputs)
            }
        })
    }
}

/// The caller's SP, seen from SP at the entry: the return address lies between.
pub(super) const CALLERS_STACK: i64 = 8;

impl Explorer<'_, '_> {
    /// Notes what an unwinder would find wrong before an instruction of the root's own frame.
    pub(super) fn unwind(&mut self, state: &State, at: At, at_call: bool) {
        let Some(row) = self.around.unwind.at(at.place) else {
            return;
        };
        self.evaluator.record.unwound = true;
        let mut source = Abstract {
            state,
            terms: &mut self.evaluator.terms,
        };
        let expected = Value::FRAME.plus(CALLERS_STACK);
        let canonical = frame(&mut source, row);
        if canonical != Some(expected) {
            let terms = &mut self.evaluator.terms;
            let event = Event::Unwind {
                part: Unwound::Frame,
                found: canonical,
                is_wrong: canonical
                    .is_some_and(|found| surely_differ(state, terms, found, expected)),
                real: Whereabouts::Unknown,
                at_call,
            };
            return self.evaluator.record(at, event);
        }
        let registers = self.preserved.iter().filter(|register| {
            // SP is what the frame says.
            register.is_general() && *register != Register::RSP
        });
        let mut wrong = Vec::new();
        for wanted in registers
            .map(Unwound::Register)
            .chain([Unwound::ReturnAddress])
        {
            let base = match wanted {
                Unwound::Register(register) if *saved(row, register) == Saved::Lost => continue,
                Unwound::ReturnAddress if row.return_address == Saved::Lost => continue,
                Unwound::Register(register) => Base::Entry(register),
                _ => Base::ReturnAddress,
            };
            let found = part(&mut source, row, expected, wanted);
            if found.and_then(|found| source.terms.as_base(found)) != Some(base) {
                let real = whereabouts(source.state, source.terms, base);
                wrong.push((wanted, found, real));
            }
        }
        for (part, found, real) in wrong {
            let event = Event::Unwind {
                part,
                found,
                is_wrong: found.is_some(),
                real,
                at_call,
            };
            self.evaluator.record(at, event);
        }
    }
}

/// Whether two values cannot be equal, or are so by chance alone: one is what the caller left in
/// a register that holds nothing for the root.
fn surely_differ(state: &State, terms: &mut Terms, a: Value, b: Value) -> bool {
    let is_garbage = terms.undefined_source(a).is_some_and(|left| !left.is_left);
    let distance = terms.subtract(a, b);
    let known = state.known(terms, distance);
    is_garbage || known.low > 0 || known.high < 0 || known.residue != 0
}

/// Where an entry value is.
fn whereabouts(state: &State, terms: &Terms, wanted: Base) -> Whereabouts {
    let holds = |value: Value| terms.as_base(value) == Some(wanted);
    if let Base::Entry(register) = wanted
        && holds(state.register(register))
    {
        return Whereabouts::Register(register);
    }
    let slot = state
        .slots
        .iter()
        .find(|slot| slot.term == Value::FRAME.term && slot.bytes == 8 && holds(slot.value));
    if let Some(slot) = slot {
        return Whereabouts::FromFrame(slot.offset - CALLERS_STACK);
    }
    let register = (0..16).map(Register).find(|&r| holds(state.register(r)));
    register.map_or(Whereabouts::Unknown, Whereabouts::Register)
}
