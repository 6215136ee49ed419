//! Tests that an instruction depends on nothing but what its effects read.
//!
//! Two runs agree in all that is read and differ elsewhere: whatever the
//! instruction writes must then be the same, the results that the model
//! leaves open included.

use abide::machine::{BlockOperation, Effect, Effects, Flow};
use abide::registers::{File, Flags, InstructionSet, Part, Register};

use crate::narrow;
use crate::processor::{Case, Ending};
use crate::random::Random;
use crate::state::{Areas, State};

/// Whether the open results follow from what the effects read. Those of the
/// x87 unit do not: its stack of registers is not read in the model.
#[must_use]
pub fn is_closed(effects: &Effects) -> bool {
    effects.list.iter().all(|effect| match effect {
        Effect::Opaque { determined, .. } => *determined,
        Effect::Write { part, .. } => part.bits != 80,
        Effect::Block(block) => block.operation != BlockOperation::Input,
        _ => true,
    })
}

/// Makes `twin` a case that agrees with `case` in memory and in all that is read.
pub fn make(
    case: &Case,
    twin: &mut Case,
    effects: &Effects,
    set: InstructionSet,
    areas: Areas,
    random: &mut Random,
) {
    let mut state = areas.random_state(random);
    if set == InstructionSet::X86 {
        narrow::narrow(&mut state);
    }
    // The control and status words count as read by all.
    state.xsave[..32].copy_from_slice(&case.before.xsave[..32]);
    for part in parts_read(effects) {
        copy_part(&case.before, &mut state, part, areas);
    }
    let flags = u64::from(flags_read(effects).0);
    state.flags = state.flags & !flags | case.before.flags & flags;
    twin.before = state;
    twin.memory = case.memory;
}

fn parts_read(effects: &Effects) -> Vec<Part> {
    let mut parts = Vec::new();
    if matches!(effects.flow, Flow::InterruptReturn { .. }) {
        // Its frame is read by what follows, and not in the effects.
        parts.push(Part::low(Register::RSP, 64));
    }
    for effect in &effects.list {
        match effect {
            Effect::Read { part, .. } => parts.push(*part),
            Effect::Block(_) => {
                let read = [Register::RAX, Register::RCX, Register::RSI, Register::RDI];
                parts.extend(read.map(|register| Part::low(register, 64)));
            }
            _ => {}
        }
    }
    parts
}

fn flags_read(effects: &Effects) -> Flags {
    let from_frame = match effects.flow {
        Flow::InterruptReturn { .. } => Flags::ARITHMETIC | Flags::DF,
        _ => Flags::NONE,
    };
    effects
        .list
        .iter()
        .map(|effect| match effect {
            Effect::Test { condition, .. } => condition.flags(),
            Effect::ReadFlags { .. } => Flags::ARITHMETIC | Flags::DF,
            // What is repeated no time leaves the flags as they were.
            Effect::Block(_) => Flags::ARITHMETIC | Flags::DF,
            Effect::SetFlags {
                unless_zero: Some(_),
                set,
                ..
            } => *set,
            _ => Flags::NONE,
        })
        .fold(from_frame, |all, flags| all | flags)
}

fn copy_part(from: &State, to: &mut State, part: Part, areas: Areas) {
    let (file, number) = part.register.file();
    let number = usize::from(number);
    match file {
        File::General => {
            let mask = (u64::MAX >> (64 - part.bits)) << part.low;
            to.general[number] = to.general[number] & !mask | from.general[number] & mask;
        }
        _ => {
            let bytes = usize::from(part.low / 8)..usize::from((part.low + part.bits).div_ceil(8));
            for offset in areas.bytes_of(part.register, bytes) {
                to.xsave[offset] = from.xsave[offset];
            }
        }
    }
}

/// What two runs wrote differently, though they agree in what is read.
#[must_use]
pub fn difference(case: &Case, twin: &Case, effects: &Effects, areas: Areas) -> Option<String> {
    let went_on = |ending| matches!(ending, Ending::Next | Ending::Landing);
    if !went_on(case.ending()) || case.ending() != twin.ending() {
        return None;
    }
    if let Some(part) = effects.list.iter().find_map(|effect| match effect {
        Effect::Write { part, .. } => differs(case, twin, *part, areas).then_some(*part),
        _ => None,
    }) {
        return Some(format!("{part:?} depends on what the model does not read"));
    }
    let flags = u64::from(flags_written(effects).0);
    if (case.after.flags ^ twin.after.flags) & flags != 0 {
        return Some("flags depend on what the model does not read".into());
    }
    (case.memory != twin.memory).then(|| "memory depends on what the model does not read".into())
}

/// The flags that have a certain value at the end.
fn flags_written(effects: &Effects) -> Flags {
    let mut written = Flags::NONE;
    for effect in &effects.list {
        match *effect {
            Effect::UndefineFlags {
                set,
                undefined: true,
            } => written = written & !set,
            Effect::UndefineFlags { set, .. }
            | Effect::WriteFlags { set, .. }
            | Effect::FlagFrom { flag: set, .. } => written = written | set,
            _ => {}
        }
    }
    written & Flags::ARITHMETIC
}

fn differs(case: &Case, twin: &Case, part: Part, areas: Areas) -> bool {
    let (file, number) = part.register.file();
    let number = usize::from(number);
    match file {
        File::General => {
            let mask = (u64::MAX >> (64 - part.bits)) << part.low;
            (case.after.general[number] ^ twin.after.general[number]) & mask != 0
        }
        _ => {
            let bytes = usize::from(part.low / 8)..usize::from((part.low + part.bits) / 8);
            areas
                .bytes_of(part.register, bytes)
                .any(|offset| case.after.xsave[offset] != twin.after.xsave[offset])
        }
    }
}
