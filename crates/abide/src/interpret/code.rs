//! The code of an image, each instruction lifted once for all roots of a thread.

use rustc_hash::FxHashMap;

use crate::inputs::{Image, Place, SectionId};
use crate::machine::x86::{LiftError, Lifter};
use crate::machine::{Effect, Effects, Flow};

/// An instruction that was lifted.
#[derive(Debug, Clone, Copy)]
pub struct Instruction {
    /// Its length, in bytes.
    pub length: u8,
    /// What follows.
    pub flow: Flow,
    /// Its number, for marks.
    pub number: u32,
    start: u32,
    end: u32,
}

/// Lifts on demand and remembers.
pub struct Code<'image> {
    image: &'image Image,
    lifter: Lifter<'image>,
    buffer: Effects,
    /// For each section, the instruction at each offset, plus one; 0 for not lifted.
    numbers: FxHashMap<SectionId, Vec<u32>>,
    instructions: Vec<Instruction>,
    effects: Vec<Effect>,
    /// For each instruction, the round in which it was marked as a block's start.
    marks: Vec<u32>,
    round: u32,
}

impl<'image> Code<'image> {
    /// Nothing lifted yet.
    #[must_use]
    pub fn new(image: &'image Image) -> Self {
        Self {
            image,
            lifter: Lifter::new(image),
            buffer: Effects::new(),
            numbers: FxHashMap::default(),
            instructions: Vec::new(),
            effects: Vec::new(),
            marks: Vec::new(),
            round: 0,
        }
    }

    /// The image.
    #[must_use]
    pub const fn image(&self) -> &'image Image {
        self.image
    }

    /// The instruction at a place.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn at(&mut self, place: Place) -> Result<Instruction, LiftError> {
        let offset = usize::try_from(place.offset).map_err(|_| LiftError::Outside)?;
        let image = self.image;
        let numbers = self.numbers.entry(place.section).or_insert_with(|| {
            let length = image.section(place.section).map_or(0, |s| s.data.len());
            vec![0; length]
        });
        let entry = numbers.get_mut(offset).ok_or(LiftError::Outside)?;
        if *entry != 0 {
            return Ok(self.instructions[*entry as usize - 1]);
        }
        self.lifter.lift(place, &mut self.buffer)?;
        let number = self.instructions.len() as u32;
        let start = self.effects.len() as u32;
        self.effects.extend_from_slice(&self.buffer.list);
        let instruction = Instruction {
            length: self.buffer.length,
            flow: self.buffer.flow,
            number,
            start,
            end: self.effects.len() as u32,
        };
        self.instructions.push(instruction);
        self.marks.push(0);
        *entry = number + 1;
        Ok(instruction)
    }

    /// What an instruction does.
    #[must_use]
    pub fn effects(&self, instruction: Instruction) -> &[Effect] {
        &self.effects[instruction.start as usize..instruction.end as usize]
    }

    /// Forgets all marks.
    pub fn clear_marks(&mut self) {
        self.round += 1;
    }

    /// Marks the instruction at a place as the start of a block; false where it was one already.
    pub fn mark(&mut self, place: Place) -> bool {
        let Ok(instruction) = self.at(place) else {
            return false;
        };
        let mark = &mut self.marks[instruction.number as usize];
        std::mem::replace(mark, self.round) != self.round
    }

    /// Whether the instruction is the start of a block.
    #[must_use]
    pub fn is_marked(&self, instruction: Instruction) -> bool {
        self.marks[instruction.number as usize] == self.round
    }
}
