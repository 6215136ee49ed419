//! Unwind tables with the eyes of an unwinder: what it finds at an instruction, and what it
//! ought to find.
//!
//! An unwinder knows the table, the registers and memory. The same reckoning runs on values of
//! the abstract state and on the numbers of a replay.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::evaluate::At;
use super::events::{Event, Unwound, Whereabouts};
use super::explore::Explorer;
use super::state::State;
use super::terms::{Base, Terms, Value};
use crate::inputs::{
    CanonicalFrame, Format, Image, Object, Place, Saved, Seh, Step, Teller, Unwind, UnwindRow,
};
use crate::machine::Operation;
use crate::registers::Register;

/// The unwind tables of an image's objects, each read when it is first asked for.
pub struct UnwindTables<'image> {
    image: &'image Image,
    tables: Vec<OnceLock<Table>>,
}

/// The table of one object.
enum Table {
    Dwarf(Unwind),
    Windows(Seh),
}

impl Table {
    fn of(object: &Object) -> Self {
        match Seh::governs(object) {
            true => Self::Windows(Seh::of(object)),
            false => Self::Dwarf(Unwind::of(object)),
        }
    }
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

    fn of(&self, place: Place) -> Option<(&Object, &Table)> {
        let number = self.image.object_of(place.section)? as usize;
        let object = self.image.objects().get(number)?;
        let table = self.tables.get(number)?;
        Some((object, table.get_or_init(|| Table::of(object))))
    }

    /// Whether the object of a place has a table.
    #[must_use]
    pub(super) fn has(&self, place: Place) -> bool {
        self.of(place).is_some_and(|(_, table)| match table {
            Table::Dwarf(unwind) => !unwind.is_empty(),
            Table::Windows(seh) => !seh.is_empty(),
        })
    }

    /// Whether `.eh_frame` speaks of an instruction; `None` where frames are told in another way, or
    /// the table is not read.
    #[must_use]
    pub(super) fn tells_of(&self, place: Place) -> Option<bool> {
        let (object, table) = self.of(place)?;
        let Table::Dwarf(unwind) = table else {
            return None;
        };
        let section = self.image.index_of(place.section)?;
        let offset = u64::try_from(place.offset).ok()?;
        // 32-bit Windows walks a list of handlers on the stack.
        let is_told_so = matches!(object.format, Format::Elf { .. }) || !unwind.is_empty();
        is_told_so.then(|| unwind.at(section, offset).is_some())
    }

    /// Whether the table says that a function begins at a place, as one that was just called.
    #[must_use]
    pub fn begins_function(&self, place: Place) -> bool {
        let section = self.image.index_of(place.section);
        let offset = u64::try_from(place.offset).ok();
        let at = section.zip(offset).zip(self.of(place));
        at.is_some_and(|((section, offset), (_, table))| match table {
            Table::Dwarf(unwind) => unwind.begins_function(section, offset),
            Table::Windows(seh) => seh.begins_function(section, offset),
        })
    }

    /// What an unwinder finds that comes to an instruction: where it is a call, of so many bytes, by
    /// the address that it returns to. DWARF's takes one byte off that, Microsoft's does not.
    #[must_use]
    pub fn at(&self, place: Place, call: Option<u8>) -> Option<Cow<'_, UnwindRow>> {
        let (object, table) = self.of(place)?;
        let section = self.image.index_of(place.section)?;
        let offset = u64::try_from(place.offset).ok()?;
        match table {
            Table::Dwarf(unwind) => unwind.at(section, offset).map(Cow::Borrowed),
            Table::Windows(seh) => {
                let behind = offset + u64::from(call.unwrap_or(0));
                let row = seh.at(object, section, behind).unwrap_or_else(Seh::leaf);
                // Where no codes tell what was done, a call alone shows what ought to be told.
                let is_judged = row.teller == Teller::Windows || call.is_some();
                is_judged.then_some(Cow::Owned(row))
            }
        }
    }
}

/// Where an unwinder reads from.
pub(super) trait Source {
    /// A number of 64 bits, or a name for one; of a vector register's low bytes too.
    type Number: Copy;
    /// The bytes of a general register, and of a word of the stack.
    fn word(&self) -> u8;
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
    let is_vector = itself.is_some_and(Register::is_vector);
    let bytes = if is_vector {
        VECTOR_BYTES
    } else {
        source.word()
    };
    match saved {
        Saved::Same => source.register(itself?),
        Saved::In(register) => source.register(*register),
        Saved::Is(offset) => plus(source, frame, *offset),
        Saved::Computed(steps) => compute(source, steps),
        _ => {
            let address = place_of(source, saved, frame)?;
            source.load(address, bytes)
        }
    }
}

/// Where in memory a part was saved, if it was saved there.
pub(super) fn place_of<S: Source>(
    source: &mut S,
    saved: &Saved,
    frame: S::Number,
) -> Option<S::Number> {
    match saved {
        Saved::At(offset) => plus(source, frame, *offset),
        Saved::AtComputed(steps) => compute(source, steps),
        _ => None,
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

    fn word(&self) -> u8 {
        self.terms.word() as u8
    }

    fn register(&mut self, register: Register) -> Option<Value> {
        let is_narrow =
            register.is_vector() && self.state.widths[usize::from(register.0 - 16)] < VECTOR_BYTES;
        Some(match is_narrow {
            true => Value::ANYTHING,
            false => self.state.register(register),
        })
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

/// How many low bytes of a vector register an unwinder brings back (UWOP_SAVE_XMM128).
pub(super) const VECTOR_BYTES: u8 = 16;

impl Explorer<'_, '_> {
    /// Notes what an unwinder would find wrong before an instruction of the root's own frame; of a
    /// call, how many bytes it has.
    pub(super) fn unwind(&mut self, state: &State, at: At, call: Option<u8>) {
        let Some(row) = self.around.unwind.at(at.place, call) else {
            return;
        };
        self.evaluator.record.unwound |= matches!(row.teller, Teller::Dwarf | Teller::Windows);
        let mut source = Abstract {
            state,
            terms: &mut self.evaluator.terms,
        };
        // The return address lies between.
        let expected = Value::FRAME.plus(source.terms.word());
        let canonical = frame(&mut source, &row);
        let misled = Misled {
            call,
            teller: row.teller,
        };
        if canonical != Some(expected) {
            let terms = &mut self.evaluator.terms;
            let is_wrong =
                canonical.is_some_and(|found| surely_differ(state, terms, found, expected));
            let real = Whereabouts::Unknown;
            let event = misled.event(Unwound::Frame, canonical, is_wrong, real);
            return self.evaluator.record(at, event);
        }
        // DWARF's unwinders bring back no vector registers.
        let with_vectors = row.teller != Teller::Dwarf;
        let registers = self.preserved.iter().filter(|&register| {
            let is_told = register.is_general() || with_vectors && register.is_vector();
            // SP is what the frame says.
            is_told && register != Register::RSP
        });
        let mut wrong = Vec::new();
        for wanted in registers
            .map(Unwound::Register)
            .chain([Unwound::ReturnAddress])
        {
            let base = match wanted {
                Unwound::Register(register) if *saved(&row, register) == Saved::Lost => continue,
                Unwound::ReturnAddress if row.return_address == Saved::Lost => continue,
                Unwound::Register(register) => Base::Entry(register),
                _ => Base::ReturnAddress,
            };
            let found = part(&mut source, &row, expected, wanted);
            if found.and_then(|found| source.terms.as_base(found)) != Some(base) {
                let real = whereabouts(source.state, source.terms, base);
                wrong.push((wanted, found, real));
            }
        }
        for (part, found, real) in wrong {
            let event = misled.event(part, found, found.is_some(), real);
            self.evaluator.record(at, event);
        }
    }
}

/// Where and by whom an unwinder is misled.
#[derive(Clone, Copy)]
struct Misled {
    call: Option<u8>,
    teller: Teller,
}

impl Misled {
    fn event(
        self,
        part: Unwound,
        found: Option<Value>,
        is_wrong: bool,
        real: Whereabouts,
    ) -> Event {
        Event::Unwind {
            part,
            found,
            is_wrong,
            real,
            call: self.call,
            teller: self.teller,
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
    let is_vector = matches!(wanted, Base::Entry(register) if register.is_vector());
    let word = terms.word();
    let bytes = if is_vector {
        u16::from(VECTOR_BYTES)
    } else {
        word as u16
    };
    if let Base::Entry(register) = wanted
        && holds(state.register(register))
    {
        return Whereabouts::Register(register);
    }
    let slot = state
        .slots
        .iter()
        .find(|slot| slot.term == Value::FRAME.term && slot.bytes == bytes && holds(slot.value));
    if let Some(slot) = slot {
        return Whereabouts::FromFrame(slot.offset - word);
    }
    let register = (0..16).map(Register).find(|&r| holds(state.register(r)));
    register.map_or(Whereabouts::Unknown, Whereabouts::Register)
}
