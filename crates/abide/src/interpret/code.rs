//! The code of an image, each instruction lifted once for all roots of a thread.

use crate::inputs::{Image, Place};
use crate::machine::x86::{LiftError, Lifter};
use crate::machine::{Effect, Effects, Flow, Operand, Reference, Target, Temp};
use crate::registers::Register;

/// An instruction that was lifted.
#[derive(Debug, Clone, Copy)]
pub struct Instruction {
    /// Its length, in bytes.
    pub length: u8,
    /// What follows.
    pub flow: Flow,
    /// All that it does is to leave this vector register open.
    pub(super) opens: Option<Register>,
    /// The last round in which it was the start of a block.
    mark: u32,
    /// The last round in which it was looked at for jumps backwards.
    seen: u32,
    start: u32,
    end: u32,
}

/// Lifts on demand and remembers.
pub struct Code<'image> {
    image: &'image Image,
    lifter: Lifter<'image>,
    buffer: Effects,
    /// For each section that was entered, the instruction at each offset, plus one; 0 for
    /// not lifted.
    numbers: Vec<Vec<u32>>,
    instructions: Vec<Instruction>,
    effects: Vec<Effect>,
    /// The number of roots whose blocks were marked.
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
            numbers: vec![Vec::new(); image.section_count()],
            instructions: Vec::new(),
            effects: Vec::new(),
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
        let number = self.number_at(place)?;
        Ok(self.instructions[number as usize])
    }

    /// The instruction that has this number.
    #[must_use]
    pub fn instruction(&self, number: u32) -> &Instruction {
        &self.instructions[number as usize]
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

    /// The targets of jumps backwards in what follows, up to where control surely goes
    /// elsewhere: heads of loops, known before they are first entered. Each instruction is
    /// looked at once for a root.
    pub fn heads_ahead(&mut self, mut place: Place) -> Vec<Place> {
        let mut heads = Vec::new();
        while let Ok(number) = self.number_at(place) {
            let instruction = &mut self.instructions[number as usize];
            if std::mem::replace(&mut instruction.seen, self.round) == self.round {
                break;
            }
            heads.extend(head(instruction.flow, place));
            match instruction.flow {
                Flow::Next | Flow::Branch { .. } | Flow::Call(_) | Flow::System | Flow::Halt => {}
                _ => break,
            }
            place.offset += i64::from(instruction.length);
        }
        heads
    }

    /// The number of the instruction at a place that was not lifted before.
    fn lift(&mut self, place: Place, offset: usize) -> Result<u32, LiftError> {
        self.lifter.lift(place, &mut self.buffer)?;
        let number = self.instructions.len() as u32;
        let start = self.effects.len() as u32;
        let unused = unused(&self.buffer);
        let is_used = |index: usize| index >= 32 || unused >> index & 1 == 0;
        let numbered = self.buffer.list.iter().enumerate();
        let used = numbered.filter_map(|(index, effect)| is_used(index).then_some(*effect));
        self.effects.extend(used);
        let instruction = Instruction {
            length: self.buffer.length,
            flow: self.buffer.flow,
            opens: opens(&self.buffer),
            mark: 0,
            seen: 0,
            start,
            end: self.effects.len() as u32,
        };
        self.instructions.push(instruction);
        let numbers = &mut self.numbers[place.section.0 as usize];
        if numbers.is_empty() {
            let section = self.image.section(place.section);
            *numbers = vec![0; section.map_or(0, |section| section.data.len())];
        }
        numbers[offset] = number + 1;
        Ok(number)
    }

    /// What an instruction does, without results that nothing uses.
    #[must_use]
    pub fn effects(&self, instruction: &Instruction) -> &[Effect] {
        &self.effects[instruction.start as usize..instruction.end as usize]
    }

    /// What the instruction of this number does.
    #[must_use]
    pub fn effects_of(&self, number: u32) -> &[Effect] {
        self.effects(self.instruction(number))
    }

    /// Forgets all marks.
    pub fn clear_marks(&mut self) {
        self.round += 1;
    }

    /// Marks the instruction at a place as the start of a block; false where it was one already.
    pub fn mark(&mut self, place: Place) -> bool {
        let Ok(number) = self.number_at(place) else {
            return false;
        };
        let mark = &mut self.instructions[number as usize].mark;
        std::mem::replace(mark, self.round) != self.round
    }

    /// Whether the instruction is the start of a block.
    #[must_use]
    pub fn is_marked(&self, number: u32) -> bool {
        self.instructions[number as usize].mark == self.round
    }
}

/// The target of a jump backwards.
fn head(flow: Flow, place: Place) -> Option<Place> {
    match flow {
        Flow::Branch { target, .. } | Flow::Jump(Target::Direct(target)) => match target {
            Reference::Place(head) if head.section == place.section => {
                (head.offset <= place.offset).then_some(head)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The effects, as bits of their index, that only compute a result which nothing uses,
/// as the inputs of instructions whose results the model leaves open.
fn unused(effects: &Effects) -> u32 {
    let mut used = Used::default();
    used.note_flow(effects.flow);
    let mut unused = 0;
    for (index, effect) in effects.list.iter().enumerate().rev() {
        let is_unused = match effect {
            Effect::Read { into, .. }
            | Effect::Opaque { into, .. }
            | Effect::Address { into, .. } => !used.contains(*into),
            _ => false,
        };
        if is_unused && index < 32 {
            unused |= 1 << index;
        } else {
            used.note(effect);
        }
    }
    unused
}

/// The vector register that an instruction leaves open, if it does nothing else.
fn opens(effects: &Effects) -> Option<Register> {
    let mut writes = effects
        .list
        .iter()
        .filter(|effect| !matches!(effect, Effect::Read { .. } | Effect::Opaque { .. }));
    let (Some(&Effect::Write { part, value, .. }), None) = (writes.next(), writes.next()) else {
        return None;
    };
    let is_open = |effect: &Effect| matches!(effect, Effect::Opaque { into, .. } if Operand::Temp(*into) == value);
    let alone = effects.flow == Flow::Next && part.register.is_vector();
    (alone && effects.list.iter().any(is_open)).then_some(part.register)
}

/// The temporaries that something reads.
#[derive(Default)]
struct Used([u64; 4]);

impl Used {
    const fn contains(&self, temp: Temp) -> bool {
        self.0[temp.0 as usize / 64] >> (temp.0 % 64) & 1 == 1
    }

    fn operand(&mut self, operand: Operand) {
        if let Operand::Temp(temp) = operand {
            self.0[usize::from(temp.0 / 64)] |= 1 << (temp.0 % 64);
        }
    }

    fn operands<const N: usize>(&mut self, operands: [Operand; N]) {
        for operand in operands {
            self.operand(operand);
        }
    }

    fn note(&mut self, effect: &Effect) {
        match *effect {
            Effect::Write { value, .. }
            | Effect::FlagFrom { value, .. }
            | Effect::LoadFlags { value, .. } => self.operand(value),
            Effect::Compute { inputs, .. } => self.operands(inputs),
            Effect::Load { address, .. } => self.operand(address),
            Effect::Store { address, value, .. } => self.operands([address, value]),
            Effect::SetFlags {
                inputs,
                result,
                unless_zero,
                ..
            } => {
                self.operands(inputs);
                self.operand(result);
                self.operand(unless_zero.unwrap_or(result));
            }
            Effect::Read { .. }
            | Effect::Address { .. }
            | Effect::Opaque { .. }
            | Effect::WriteFlags { .. }
            | Effect::UndefineFlags { .. }
            | Effect::ReadFlags { .. }
            | Effect::Test { .. }
            | Effect::Block(_) => {}
        }
    }

    fn note_flow(&mut self, flow: Flow) {
        match flow {
            Flow::Jump(Target::Indirect(operand))
            | Flow::Call(Target::Indirect(operand))
            | Flow::Return(operand)
            | Flow::Branch { taken: operand, .. } => self.operand(operand),
            _ => {}
        }
    }
}
