//! What a stretch of code changes beside general registers, read instruction by instruction.

use std::collections::BTreeMap;

use iced_x86::{
    EncodingKind, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpKind,
    Register as Name,
};

use super::opaque::writes;
use super::parts::part;
use super::run::Run;
use crate::inputs::{Image, Place};
use crate::registers::Register;

/// What a stretch of code changes, and where it goes.
#[derive(Debug, Default)]
pub struct Stretch {
    /// The registers that conventions speak of, general ones apart, each with the first
    /// instruction that changes it; the x87 control word stands for all of the x87 unit.
    pub changes: BTreeMap<Register, Place>,
    /// More than 128 bits of vector registers change.
    pub wide: bool,
    /// The first instruction that loads a saved state as a whole.
    pub restores: Option<Place>,
    /// It does so as far as a mask says (`xrstor`).
    pub by_mask: bool,
    /// Places of the same section that it calls or jumps to, where no relocation says so.
    pub leads_to: Vec<Place>,
    /// Relocated fields of calls and jumps, by their offsets in the section.
    pub relocated: Vec<i64>,
    /// It calls or jumps through a register or memory.
    pub is_indirect: bool,
    /// It names an address below SP.
    pub below_stack: bool,
    /// It names an address below the frame pointer.
    pub below_frame: bool,
    /// It calls.
    pub calls: bool,
    /// Where it loads a table of gates (`lidt`).
    pub loads_gates: Vec<Place>,
    /// Where it goes on with what was interrupted (`iretq`).
    pub resumes: Vec<Place>,
    /// How it ends.
    pub end: End,
}

/// What the last instruction of a stretch does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum End {
    /// It goes elsewhere for good.
    #[default]
    Leaves,
    /// It calls: compilers let nothing follow on what never returns.
    Calls,
    /// Control goes on behind it.
    GoesOn,
}

impl End {
    fn of(last: &Instruction) -> Self {
        match last.flow_control() {
            FlowControl::Next | FlowControl::ConditionalBranch => Self::GoesOn,
            FlowControl::Call | FlowControl::IndirectCall => Self::Calls,
            _ => Self::Leaves,
        }
    }
}

/// Reads the code from a place to an offset in its section.
#[must_use]
pub fn read_stretch(image: &Image, from: Place, to: i64) -> Stretch {
    let mut stretch = Stretch::default();
    let mut factory = InstructionInfoFactory::new();
    let mut instruction = Instruction::default();
    let mut run = Run::at(image, from, to);
    while run.can_decode() {
        run.decode(&mut instruction);
        if instruction.is_invalid() {
            continue;
        }
        let place = Place {
            offset: instruction.ip() as i64,
            ..from
        };
        stretch.note_flow(image, place, &instruction);
        stretch.note_changes(place, &instruction, &mut factory);
        stretch.note_stack(&instruction);
    }
    stretch.end = End::of(&instruction);
    stretch
}

impl Stretch {
    fn note_flow(&mut self, image: &Image, place: Place, instruction: &Instruction) {
        match instruction.flow_control() {
            FlowControl::IndirectBranch | FlowControl::IndirectCall => {
                let relocated = relocated_field(image, place, instruction.len());
                self.relocated.extend(relocated);
                self.is_indirect = true;
            }
            // Where it goes is not followed here.
            FlowControl::UnconditionalBranch | FlowControl::Call
                if matches!(
                    instruction.op0_kind(),
                    OpKind::FarBranch16 | OpKind::FarBranch32
                ) =>
            {
                self.is_indirect = true;
            }
            FlowControl::UnconditionalBranch
            | FlowControl::ConditionalBranch
            | FlowControl::Call
                if matches!(
                    instruction.op0_kind(),
                    OpKind::NearBranch64 | OpKind::NearBranch32
                ) =>
            {
                match relocated_field(image, place, instruction.len()) {
                    Some(field) => self.relocated.push(field),
                    None => self.leads_to.push(Place {
                        offset: instruction.near_branch_target() as i64,
                        ..place
                    }),
                }
            }
            _ => {}
        }
    }

    fn note_stack(&mut self, instruction: &Instruction) {
        self.calls |= matches!(
            instruction.flow_control(),
            FlowControl::Call | FlowControl::IndirectCall
        );
        let displacement = match instruction.memory_base() {
            Name::ESP | Name::EBP => i64::from(instruction.memory_displacement32().cast_signed()),
            _ => instruction.memory_displacement64() as i64,
        };
        if displacement < 0 {
            let base = instruction.memory_base().full_register();
            self.below_stack |= base == Name::RSP;
            self.below_frame |= base == Name::RBP;
        }
    }

    fn note_changes(
        &mut self,
        place: Place,
        instruction: &Instruction,
        factory: &mut InstructionInfoFactory,
    ) {
        use Mnemonic as M;
        let mut change = |register| {
            self.changes.entry(register).or_insert(place);
        };
        match instruction.mnemonic() {
            M::Ldmxcsr | M::Vldmxcsr => change(Register::MXCSR),
            // What they load was saved, as a rule.
            M::Fxrstor | M::Fxrstor64 => {
                self.restores.get_or_insert(place);
                return;
            }
            M::Xrstor | M::Xrstor64 | M::Xrstors | M::Xrstors64 => {
                self.restores.get_or_insert(place);
                self.by_mask = true;
                return;
            }
            M::Vzeroall | M::Vzeroupper => self.wide = true,
            M::Lidt => self.loads_gates.push(place),
            M::Iretq => self.resumes.push(place),
            _ => {}
        }
        for used in factory.info(instruction).used_registers() {
            let name = used.register();
            if !writes(used.access()) {
                continue;
            }
            if name.is_st() || name.is_mm() {
                self.changes.entry(Register::X87_CONTROL).or_insert(place);
            } else if name.is_vector_register()
                && let Some(part) = part(name)
            {
                self.changes.entry(part.register).or_insert(place);
                // An encoding newer than SSE's clears the bits above.
                self.wide |= instruction.encoding() != EncodingKind::Legacy;
            }
        }
    }
}

/// The relocated field in an instruction, by its offset in the section.
fn relocated_field(image: &Image, place: Place, length: usize) -> Option<i64> {
    let relocations = &image.section(place.section)?.relocations;
    let from = u64::try_from(place.offset).ok()?;
    let first = relocations.partition_point(|relocation| relocation.offset < from);
    let found = relocations.get(first)?;
    (found.offset < from + length as u64).then_some(found.offset as i64)
}
