//! A run of a function that fills gates, whatever it was entered with.

use rustc_hash::FxHashSet;

use super::entry::SIZE;
use crate::conventions::Convention;
use crate::inputs::{ImageSymbol, Place};
use crate::interpret::code::Code;
use crate::machine::concrete::{
    Answers, Destination, Filling, Layout, Machine, Step, Undetermined, Value, random,
};
use crate::machine::{Flow, Reference};
use crate::registers::{Flags, Register};

/// How many instructions a run may have.
const MOST_STEPS: u64 = 2_000_000;
/// After how many that store nowhere else than before it is taken to go round in circles.
const PATIENCE: u64 = 50_000;
/// How many places of stores are remembered.
const MOST_STORES: usize = 1 << 16;
/// Where the stack is: apart from the image and from what random pointers point to.
const STACK: u64 = 0x7ffe_0000_0000;
/// Where the function returns to.
const CALLER: u64 = 0x7e7e_7e7e_7e7e;

/// A table that `lidt` has loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Table {
    pub(super) base: u64,
    limit: u16,
}

impl Table {
    /// The addresses of its gates.
    pub(super) fn entries(&self) -> impl Iterator<Item = u64> + use<> {
        let base = self.base;
        let count = (u64::from(self.limit) + 1) / SIZE;
        (0..count.min(256)).map(move |vector| base.wrapping_add(SIZE * vector))
    }

    /// The vector of the gate at an address.
    pub(super) fn vector(&self, at: u64) -> Option<u8> {
        let distance = at.wrapping_sub(self.base);
        let fits = distance + (SIZE - 1) <= u64::from(self.limit);
        (distance < 256 * SIZE && fits && distance.is_multiple_of(SIZE))
            .then_some((distance / SIZE) as u8)
    }
}

/// A run, and what it left.
pub(super) struct Course<'a> {
    pub(super) machine: Machine<'a>,
    /// The tables that it loaded.
    pub(super) tables: Vec<Table>,
    /// Where it stored something.
    pub(super) stored: FxHashSet<u64>,
    seed: u64,
    layout: &'a Layout<'a>,
    convention: &'static Convention,
}

impl<'a> Course<'a> {
    /// Runs the function at a place; `loads` are the places of `lidt`.
    pub(super) fn run(
        code: &mut Code<'_>,
        layout: &'a Layout<'a>,
        loads: &FxHashSet<Place>,
        convention: &'static Convention,
        start: Place,
        seed: u64,
    ) -> Self {
        let mut machine = Machine::new(layout, seed);
        machine.memory().fill_with(Filling::RANDOM);
        let mut answers = Answers::default();
        answers.seed = seed;
        machine.set_answers(answers);
        machine.set_flags(Flags::DF, Flags::NONE);
        machine.set(Register::RSP, STACK - 8);
        machine.memory().write(STACK - 8, 8, Value::number(CALLER));
        let mut course = Self {
            machine,
            tables: Vec::new(),
            stored: FxHashSet::default(),
            seed,
            layout,
            convention,
        };
        let mut place = start;
        let (mut stored, mut patience) = (0, PATIENCE);
        for number in 0..MOST_STEPS {
            if course.stored.len() > stored {
                (stored, patience) = (course.stored.len(), number + PATIENCE);
            } else if number > patience {
                break;
            }
            match course.step(code, place, number, loads.contains(&place)) {
                Some(next) => place = next,
                None => break,
            }
        }
        course
    }

    /// Runs one instruction; the place of the next.
    fn step(
        &mut self,
        code: &mut Code<'_>,
        place: Place,
        number: u64,
        is_load: bool,
    ) -> Option<Place> {
        let instruction = code.at(place).ok()?;
        let next = Place {
            offset: place.offset + i64::from(instruction.length),
            ..place
        };
        let effects = code.effects(&instruction);
        let step = self.machine.execute(effects, instruction.flow, next);
        self.note_stores();
        if is_load {
            self.note_table();
        }
        match step {
            Step::Continue(place)
            | Step::Leave(Destination::Place(place))
            | Step::Call(Destination::Place(place))
            | Step::System(place) => Some(place),
            Step::Call(outside) | Step::Leave(outside) => {
                self.call_outside(outside);
                self.give_back()
            }
            Step::Return(address) => self.layout.place_of(address),
            // Runs that go different ways agree in what lies before and behind.
            Step::Undetermined(Undetermined::Branch) => {
                let taken = random(self.seed, number) & 1 == 1;
                match instruction.flow {
                    Flow::Branch {
                        target: Reference::Place(target),
                        ..
                    } if taken => Some(target),
                    _ => Some(next),
                }
            }
            _ => None,
        }
    }

    fn note_stores(&mut self) {
        for access in self.machine.accesses() {
            if !access.is_store {
                continue;
            }
            let end = access.address.saturating_add(access.bytes.min(256 * SIZE));
            for at in (access.address..end).step_by(8) {
                if self.stored.len() < MOST_STORES {
                    self.stored.insert(at);
                }
            }
        }
    }

    /// What `lidt` has read: the limit, and the table's address.
    fn note_table(&mut self) {
        let operand = self.machine.accesses().first().copied();
        let Some(at) = operand.map(|access| access.address) else {
            return;
        };
        let limit = self.machine.memory().read(at, 2).known();
        let base = self.machine.memory().read(at.wrapping_add(2), 8).known();
        if let Some((limit, base)) = limit.zip(base) {
            let limit = limit as u16;
            self.tables.push(Table { base, limit });
        }
    }

    /// A function that the unit does not define: what copies memory does so.
    fn call_outside(&mut self, destination: Destination) {
        let name = match destination {
            Destination::External(symbol) => self.name(symbol),
            _ => "",
        };
        let mut arguments = self.convention.parameters.iter();
        let mut argument = || self.machine.get(*arguments.next()?);
        let (to, from, count) = (argument(), argument(), argument());
        let mut result = None;
        if let (Some(to), Some(from), Some(count @ 0..=0x1_0000)) = (to, from, count) {
            match name {
                "memcpy" | "memmove" => self.copy(to, from, count),
                "memset" => self.set(to, from as u8, count),
                _ => {}
            }
            if matches!(name, "memcpy" | "memmove" | "memset") {
                result = Some(to);
            }
        }
        let number = self.stored.len() as u64;
        // It may be an address, and then code may ask whether it is canonical and aligned.
        let result = result.unwrap_or_else(|| random(self.seed, number) & 0x7fff_ffff_fff0);
        let clobbered = (0..16).map(Register::general).filter(|&register| {
            register != Register::RSP && !self.convention.preserved.contains(register)
        });
        for register in clobbered {
            let value = random(!self.seed, number ^ u64::from(register.0));
            self.machine.set(register, value);
        }
        self.machine.set(Register::RAX, result);
    }

    fn name(&self, symbol: ImageSymbol) -> &'a str {
        let symbol = self.layout.image().symbol(symbol);
        symbol.map_or("", |symbol| &symbol.name)
    }

    fn copy(&mut self, to: u64, from: u64, count: u64) {
        let bytes: Vec<_> = (0..count)
            .map(|i| self.machine.memory().read(from.wrapping_add(i), 1))
            .collect();
        for (i, byte) in (0..).zip(bytes) {
            self.machine.memory().write(to.wrapping_add(i), 1, byte);
        }
        self.stored
            .extend((0..count).step_by(8).map(|i| to.wrapping_add(i)));
    }

    fn set(&mut self, to: u64, byte: u8, count: u64) {
        let byte = Value::number(byte.into());
        for i in 0..count {
            self.machine.memory().write(to.wrapping_add(i), 1, byte);
        }
    }

    /// Returns from a function that was not run.
    fn give_back(&mut self) -> Option<Place> {
        let top = self.machine.get(Register::RSP)?;
        let address = self.machine.memory().read(top, 8).known()?;
        self.machine.set(Register::RSP, top.wrapping_add(8));
        self.layout.place_of(address)
    }
}
