//! `interrupted_register_lost` of segment registers.

use super::interrupted_register_lost::{at_most, whose};
use super::{Candidate, Judgement, Level, RootFacts, Symptom};
use crate::interpret::{Seen, State};
use crate::registers::{InstructionSet, Register};

pub(super) fn judge(root: &RootFacts<'_>, seen: &Seen, state: &State, judgement: &mut Judgement) {
    let preserved = root.contract.preserved.iter();
    let lost = preserved.filter(|&register| state.segments.contains(register));
    let lost = lost.map(|register| candidate(root, seen, register));
    judgement.candidates.extend(lost);
}

fn candidate(root: &RootFacts<'_>, seen: &Seen, register: Register) -> Candidate {
    let (name, at) = (&root.root.name, root.name(seen.place));
    let few = who_minds(root, register);
    let more = few.or_else(|| base_of(root, register));
    let mut notes = vec![whose(root).to_owned()];
    notes.extend(more.map(str::to_owned));
    Candidate {
        place: seen.place,
        cause: seen.place,
        block: seen.block,
        symptom: Symptom::Clobbered(register),
        at_most: at_most(root).or(few.map(|_| Level::Warn)),
        message: format!("`{name}` loses `{register}` of what it interrupts"),
        label: format!("`{register}` is not what it was at the entry here"),
        notes,
        help: format!("save `{register}` before it is loaded, and restore it before `{at}`"),
    }
}

/// Who alone notices the loss, where not everybody does.
fn who_minds(root: &RootFacts<'_>, register: Register) -> Option<&'static str> {
    let interrupt = root.contract.interrupt.as_ref();
    let interrupts_user = interrupt.and_then(|interrupt| interrupt.user) == Some(true);
    match (root.contract.convention.set, register) {
        (InstructionSet::X86_64, Register::DS | Register::ES) => Some(
            "64-bit code addresses nothing by it: what notices is a program of 32-bit code that is \
             interrupted",
        ),
        (InstructionSet::X86, Register::SS) => Some(
            "`iretd` brings it back on the way to user mode, and a kernel mostly has one selector in it \
             throughout",
        ),
        (InstructionSet::X86, _) if !interrupts_user => Some(
            "a kernel mostly has one selector in it throughout; programs in user mode have others: \
             `user = true` says that the gate interrupts them",
        ),
        _ => None,
    }
}

/// What else is lost with a selector.
fn base_of(root: &RootFacts<'_>, register: Register) -> Option<&'static str> {
    let has_base = root.contract.convention.set == InstructionSet::X86_64
        && matches!(register, Register::FS | Register::GS);
    has_base.then_some(
        "with a selector the processor loads the base that a descriptor has, and not the one that a \
         program has set by `wrfsbase` or asked the kernel for",
    )
}
