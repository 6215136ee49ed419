//! x86: machine code becomes effects, in the mode that the code's object is for.
//!
//! Each file lifts one family of instructions, in the terms of the Intel SDM,
//! volume 2. What no family claims is left to `opaque`, which takes from the
//! decoder what the instruction reads and writes and leaves the results open.

mod arithmetic;
mod atomic;
mod bits;
mod changed;
mod computed;
mod control;
mod emit;
mod fields;
mod flags;
mod idioms;
mod lanes;
mod logic;
mod masks;
mod mode;
mod moves;
mod multiply;
mod named;
mod opaque;
mod operands;
mod parts;
mod references;
mod run;
mod saved_area;
mod shifts;
mod stack;
mod strings;
mod system;
mod text;
mod vector;
mod x87;

use iced_x86::{
    Decoder, DecoderError, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory,
    Mnemonic,
};

use crate::inputs::{Image, Place, SectionId};

use super::{Effects, Flow};
pub use changed::{End, Stretch, read_stretch};
use emit::Lift;
use fields::Relocations;
pub use mode::is_far_branch;
pub use named::named_by;
use run::Run;
pub use text::text;

/// Intel's processors ignore an operand-size prefix before a branch, AMD's
/// branch to 16-bit addresses: decoded as AMD's, such a branch is none that
/// this room follows.
const OPTIONS: u32 = DecoderOptions::AMD;

/// Why there is no instruction at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LiftError {
    /// The place is before its section, at or behind its end, or in one
    /// without bytes.
    #[error("there is no code here: the section ends")]
    Outside,
    /// The section ends within the instruction.
    #[error("the section ends within an instruction")]
    Truncated,
    /// The bytes are no instruction.
    #[error("these bytes are no instruction")]
    Invalid,
}

/// Lifts instructions of an image, one place at a time.
///
/// It remembers where in a section it was, so that going on to the next
/// instruction costs no search. Threads take one each.
pub struct Lifter<'image> {
    image: &'image Image,
    section: Option<Section<'image>>,
    instruction: Instruction,
    factory: InstructionInfoFactory,
}

/// The section that the last instruction came from, and its mode.
struct Section<'image> {
    id: SectionId,
    bits: u8,
    object: u32,
    decoder: Decoder<'image>,
    relocations: Relocations<'image>,
}

impl<'image> Lifter<'image> {
    /// A lifter of the image's code.
    #[must_use]
    pub fn new(image: &'image Image) -> Self {
        Self {
            image,
            section: None,
            instruction: Instruction::default(),
            factory: InstructionInfoFactory::new(),
        }
    }

    /// Fills `effects` with the instruction at `place`.
    ///
    /// What the model does not know is [`Flow::Unknown`], or writes of open
    /// results to exactly what the instruction writes.
    ///
    /// # Errors
    ///
    /// If there is no instruction at `place`; `effects` is then [`Flow::Unknown`].
    pub fn lift(&mut self, place: Place, effects: &mut Effects) -> Result<(), LiftError> {
        effects.list.clear();
        effects.length = 0;
        effects.flow = Flow::Unknown("there is no instruction here");
        let Self {
            image,
            section,
            instruction,
            factory,
        } = self;
        let section = enter(image, section, place)?;
        decode(&mut section.decoder, place.offset, instruction)?;
        effects.length = instruction.len() as u8;
        let mut lift = Lift::new(image, section.object, place, instruction, &mut effects.list);
        lift.fields = section
            .relocations
            .fields(place.offset, instruction, &section.decoder);
        effects.flow = lift.run(factory);
        Ok(())
    }

    /// The instruction that was lifted last, as the decoder gives it.
    #[must_use]
    pub fn instruction(&self) -> &Instruction {
        &self.instruction
    }
}

fn enter<'image, 'lifter>(
    image: &'image Image,
    current: &'lifter mut Option<Section<'image>>,
    place: Place,
) -> Result<&'lifter mut Section<'image>, LiftError> {
    let (id, bits) = (place.section, image.bits_at(place));
    let is_it = |section: &Section<'_>| section.id == id && section.bits == bits;
    if !current.as_ref().is_some_and(is_it) {
        let section = image.section(id).ok_or(LiftError::Outside)?;
        let object = image.object_of(id).ok_or(LiftError::Outside)?;
        *current = Some(Section {
            id,
            bits,
            object,
            decoder: Decoder::new(bits.into(), &section.data, OPTIONS),
            relocations: Relocations::new(&section.relocations),
        });
    }
    current.as_mut().ok_or(LiftError::Outside)
}

fn decode(
    decoder: &mut Decoder<'_>,
    offset: i64,
    instruction: &mut Instruction,
) -> Result<(), LiftError> {
    let position = usize::try_from(offset).map_err(|_| LiftError::Outside)?;
    decoder
        .set_position(position)
        .map_err(|_| LiftError::Outside)?;
    if !decoder.can_decode() {
        return Err(LiftError::Outside);
    }
    // Addresses are offsets in the section: nothing is laid out.
    decoder.set_ip(offset as u64);
    decoder.decode_out(instruction);
    match decoder.last_error() {
        DecoderError::None => Ok(()),
        DecoderError::NoMoreBytes => Err(LiftError::Truncated),
        _ => Err(LiftError::Invalid),
    }
}

impl Lift<'_> {
    fn run(&mut self, factory: &mut InstructionInfoFactory) -> Flow {
        if self.fields.odd_opcode {
            return Flow::Unknown("a relocation changes the instruction itself");
        }
        if let Some(flow) = self.control().or_else(|| self.strings()) {
            return self.close(flow);
        }
        let known = self.idioms()
            || self.moves()
            || self.vector_moves()
            || self.arithmetic()
            || self.logic()
            || self.shifts()
            || self.stack()
            || self.bits()
            || self.multiply()
            || self.atomic()
            || self.flag_instructions()
            || self.masks()
            || self.vector_test()
            || self.x87_control()
            || self.saved_area()
            || self.system();
        if !known && !self.opaque(factory) {
            return Flow::Unknown("control goes where the model does not follow");
        }
        self.open_restored();
        self.note_upper();
        self.close(Flow::Next)
    }

    fn close(&self, flow: Flow) -> Flow {
        if self.has_overflowed() {
            return Flow::Unknown("the instruction has too many effects");
        }
        flow
    }
}

/// What a section that is read from its start has at a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// No instruction begins here.
    Nothing,
    /// An instruction begins here, which the one before it runs on into.
    Instruction,
    /// An instruction begins here, and the one before it, padding apart, goes elsewhere.
    Fresh,
}

/// What a section of code is, when it is read from its start; bytes that are no instruction are
/// skipped one by one.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// What begins at each byte.
    pub starts: Vec<Start>,
    /// Addresses in the section that its own code takes by their distance, without a relocation.
    pub taken: Vec<i64>,
}

/// Reads a section of code from its start.
#[must_use]
pub fn listing(image: &Image, section: SectionId) -> Listing {
    let start = Place { section, offset: 0 };
    let mut starts = vec![Start::Nothing; image.bytes_from(start).len()];
    let mut run = Run::at(image, start, i64::MAX);
    let mut instruction = Instruction::default();
    let mut is_fresh = true;
    let mut taken = Vec::new();
    while run.can_decode() {
        run.decode(&mut instruction);
        let position = instruction.ip() as usize;
        if instruction.is_invalid() {
            run.go_to(position as i64 + 1);
            continue;
        }
        if instruction.mnemonic() == Mnemonic::Lea && instruction.is_ip_rel_memory_operand() {
            let target = instruction.ip_rel_memory_address();
            // The field of one with a relocation holds nothing yet.
            let is_told = target != instruction.next_ip() && target < starts.len() as u64;
            taken.extend(is_told.then_some(target as i64));
        }
        starts[position] = match is_fresh {
            true => Start::Fresh,
            false => Start::Instruction,
        };
        is_fresh = match instruction.flow_control() {
            FlowControl::UnconditionalBranch
            | FlowControl::IndirectBranch
            | FlowControl::Return
            | FlowControl::Interrupt
            | FlowControl::Exception => true,
            _ => is_fresh && instruction.mnemonic() == Mnemonic::Nop,
        };
    }
    taken.sort_unstable();
    taken.dedup();
    Listing { starts, taken }
}
