//! The code of an image, each instruction lifted once for all roots of a thread.

mod on_frame;
mod order;
mod plain;
mod stretches;
mod used;

use crate::inputs::{Image, Place, SectionId};
use crate::machine::x86::{LiftError, Lifter};
use crate::machine::{Effect, Effects, Flow};
pub(super) use on_frame::{Bytes, OnFrame};
pub(super) use plain::Plain;
use stretches::Stretches;
pub(super) use used::Used;
use used::drop_unused;

/// An instruction that was lifted.
#[derive(Debug, Clone, Copy)]
pub struct Instruction {
    /// Its length, in bytes.
    pub length: u8,
    /// What follows.
    pub flow: Flow,
    number: u32,
}

/// What is remembered of an instruction. There are many: most need nothing but this.
#[derive(Debug, Clone, Copy)]
struct Entry {
    length: u8,
    /// What follows, by its place in `flows`; 0 for the next instruction.
    flow: u32,
    /// The last round in which it was the start of a block.
    mark: u32,
    /// The last round in which what follows it was looked at.
    seen: u32,
    /// When that was done, of all that were looked at in that round.
    finished: u32,
    /// Its effects. Those of plain instructions are not kept until they are asked for.
    start: u32,
    end: u32,
    /// What it is if it is plain, by its place among them, plus one.
    plain: u32,
    /// The instruction behind it, plus one; 0 for not known yet.
    next: u32,
    /// The first instruction from here on that may not go to the next, plus one; 0 for not known.
    turn: u32,
    /// How far that is, in bytes.
    turn_distance: u32,
}

/// The effects are not kept.
const NOT_KEPT: u32 = u32::MAX;

/// How long an instruction usually is, in bytes.
const USUAL_LENGTH: usize = 6;
/// For how many instructions there is memory from the start, which is not moved then: what is not
/// used of it costs nothing.
const MOST_FORESEEN: usize = 1 << 18;

/// Lifts on demand and remembers.
pub struct Code<'image> {
    image: &'image Image,
    lifter: Lifter<'image>,
    buffer: Effects,
    /// For each section that was entered, the instruction at each offset, plus one; 0 for
    /// not lifted.
    numbers: Vec<Vec<u32>>,
    entries: Vec<Entry>,
    flows: Vec<Flow>,
    effects: Vec<Effect>,
    stretches: Stretches,
    /// The number of roots whose blocks were marked.
    round: u32,
    /// How many instructions were looked at in this round, and all that follows them.
    finished: u32,
}

impl<'image> Code<'image> {
    /// Nothing lifted yet.
    #[must_use]
    pub fn new(image: &'image Image) -> Self {
        let sections =
            (0..image.section_count() as u32).filter_map(|id| image.section(SectionId(id)));
        let code = sections.filter(|section| section.flags.execute);
        let bytes: usize = code.map(|section| section.data.len()).sum();
        let instructions = (bytes / USUAL_LENGTH).min(MOST_FORESEEN);
        Self {
            image,
            lifter: Lifter::new(image),
            buffer: Effects::new(),
            numbers: vec![Vec::new(); image.section_count()],
            entries: Vec::with_capacity(instructions),
            flows: vec![Flow::Next],
            effects: Vec::with_capacity(2 * instructions),
            stretches: Stretches::default(),
            round: 0,
            finished: 0,
        }
    }

    /// The image.
    #[must_use]
    pub const fn image(&self) -> &'image Image {
        self.image
    }

    /// The instruction at a place, with its effects at hand.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn at(&mut self, place: Place) -> Result<Instruction, LiftError> {
        let number = self.number_at(place)?;
        Ok(self.with_effects(number, place))
    }

    /// How long the instruction at a place is, and what follows it.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(super) fn flow_at(&mut self, place: Place) -> Result<(u8, Flow), LiftError> {
        let number = self.number_at(place)?;
        Ok((self.entries[number as usize].length, self.flow(number)))
    }

    /// The instruction of this number, which is at `place`, with its effects at hand.
    pub(super) fn with_effects(&mut self, number: u32, place: Place) -> Instruction {
        self.keep_effects(number, place);
        self.instruction(number)
    }

    fn instruction(&self, number: u32) -> Instruction {
        let entry = &self.entries[number as usize];
        Instruction {
            length: entry.length,
            flow: self.flow(number),
            number,
        }
    }

    /// What follows the instruction of this number.
    pub(super) fn flow(&self, number: u32) -> Flow {
        self.flows[self.entries[number as usize].flow as usize]
    }

    /// How many bytes the instruction of this number has.
    pub(super) fn length(&self, number: u32) -> u8 {
        self.entries[number as usize].length
    }

    /// The number of the instruction at a place.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn number_at(&mut self, place: Place) -> Result<u32, LiftError> {
        let offset = usize::try_from(place.offset).map_err(|_| LiftError::Outside)?;
        let section = place.section.0 as usize;
        let numbers = self.numbers.get(section).ok_or(LiftError::Outside)?;
        match numbers.get(offset) {
            Some(0) | None => self.lift(place, offset),
            Some(&number) => Ok(number - 1),
        }
    }

    /// The number of the instruction behind another, which is at `place`.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn number_behind(&mut self, number: u32, place: Place) -> Result<u32, LiftError> {
        match self.entries[number as usize].next {
            0 => {
                let next = self.number_at(place)?;
                self.entries[number as usize].next = next + 1;
                Ok(next)
            }
            next => Ok(next - 1),
        }
    }

    /// The first instruction from a place on that may not go to the next, and where it is.
    fn next_turn(&mut self, place: Place) -> Result<(u32, Place), LiftError> {
        let first = self.number_at(place)?;
        let (mut number, mut at) = (first, place);
        loop {
            let entry = self.entries[number as usize];
            if entry.turn != 0 {
                at.offset += i64::from(entry.turn_distance);
                number = entry.turn - 1;
                break;
            }
            if entry.flow != 0 {
                break;
            }
            at = behind(at, entry.length);
            number = self.number_behind(number, at)?;
        }
        self.know_turn(first, place, (number, at));
        Ok((number, at))
    }

    /// Remembers the turn of all that leads to it from an instruction on, so that however many
    /// jumps go to what lies between, it is walked over once.
    fn know_turn(&mut self, first: u32, place: Place, (turn, end): (u32, Place)) {
        let (mut number, mut at) = (first, place);
        loop {
            let entry = &mut self.entries[number as usize];
            let Ok(distance) = u32::try_from(end.offset - at.offset) else {
                return;
            };
            if entry.turn != 0 {
                return;
            }
            entry.turn = turn + 1;
            entry.turn_distance = distance;
            let Some(next) = entry.next.checked_sub(1).filter(|_| number != turn) else {
                return;
            };
            at = behind(at, entry.length);
            number = next;
        }
    }

    /// The number of the instruction at a place that was not lifted before.
    fn lift(&mut self, place: Place, offset: usize) -> Result<u32, LiftError> {
        self.lifter.lift(place, &mut self.buffer)?;
        let used = drop_unused(&mut self.buffer);
        let number = self.entries.len() as u32;
        let plain = Plain::of(&self.buffer, &used);
        let plain = plain.map_or(0, |(plain, on_frame)| {
            self.stretches.add(plain, on_frame) + 1
        });
        let flow = match self.buffer.flow {
            Flow::Next => 0,
            flow => {
                self.flows.push(flow);
                self.flows.len() as u32 - 1
            }
        };
        self.entries.push(Entry {
            length: self.buffer.length,
            flow,
            mark: 0,
            seen: 0,
            finished: 0,
            start: NOT_KEPT,
            end: NOT_KEPT,
            plain,
            next: 0,
            turn: 0,
            turn_distance: 0,
        });
        if plain == 0 {
            self.keep_buffer(number);
        }
        let numbers = &mut self.numbers[place.section.0 as usize];
        if numbers.is_empty() {
            let section = self.image.section(place.section);
            *numbers = vec![0; section.map_or(0, |section| section.data.len())];
        }
        numbers[offset] = number + 1;
        Ok(number)
    }

    fn keep_buffer(&mut self, number: u32) {
        let entry = &mut self.entries[number as usize];
        entry.start = self.effects.len() as u32;
        self.effects.extend_from_slice(&self.buffer.list);
        entry.end = self.effects.len() as u32;
    }

    fn keep_effects(&mut self, number: u32, place: Place) {
        if self.entries[number as usize].start != NOT_KEPT {
            return;
        }
        // It was lifted from here before.
        if self.lifter.lift(place, &mut self.buffer).is_ok() {
            drop_unused(&mut self.buffer);
            self.keep_buffer(number);
        }
    }

    /// What an instruction does, without results that nothing uses.
    #[must_use]
    pub fn effects(&self, instruction: &Instruction) -> &[Effect] {
        let entry = &self.entries[instruction.number as usize];
        let effects = entry.start as usize..entry.end as usize;
        self.effects.get(effects).unwrap_or_default()
    }

    /// Forgets all marks.
    pub fn clear_marks(&mut self) {
        self.round += 1;
        self.finished = 0;
    }

    /// Marks the instruction at a place as the start of a block; false where it was one already.
    pub fn mark(&mut self, place: Place) -> bool {
        let Ok(number) = self.number_at(place) else {
            return false;
        };
        let entry = &mut self.entries[number as usize];
        if entry.mark == 0 && entry.plain != 0 {
            self.stretches.cut(entry.plain - 1);
        }
        std::mem::replace(&mut entry.mark, self.round) != self.round
    }

    /// Whether the instruction is the start of a block.
    #[must_use]
    pub fn is_marked(&self, number: u32) -> bool {
        self.entries[number as usize].mark == self.round
    }
}

/// The place behind an instruction.
pub(super) fn behind(place: Place, length: u8) -> Place {
    Place {
        offset: place.offset + i64::from(length),
        ..place
    }
}
