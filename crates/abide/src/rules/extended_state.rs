//! `interrupted_register_lost` of vector registers and of what controls floating point.
//!
//! A handler owes them, too, but only as far as something that it runs changes them: what its
//! callees change is read off the linked code.

use super::interrupted_register_lost::{at_most, whose};
use super::{Candidate, Decide, Doubt, Judgement, RootFacts, Symptom};
use crate::interpret::{Base, Changes, Seen, State, Value};
use crate::machine::x86;
use crate::registers::{Register, RegisterSet};

/// How much of a vector register `fxsave` saves, in bytes, and how much there is.
const LEGACY: u8 = 16;
const WHOLE: u8 = 64;

pub(super) fn judge(root: &RootFacts<'_>, seen: &Seen, state: &State, judgement: &mut Judgement) {
    let Some(changes) = root.facts.changes.as_deref() else {
        return;
    };
    let controls = [Register::MXCSR, Register::X87_CONTROL];
    let lost = controls.into_iter().filter(|&register| {
        root.contract.preserved.contains(register)
            && !state.controls_as_before(root.terms, register)
    });
    let lost: RegisterSet = lost.chain(lost_vectors(root, state, changes)).collect();
    let (vectors, controls): (Vec<_>, Vec<_>) =
        lost.iter().partition(|register| register.is_vector());
    for lost in [vectors.as_slice()]
        .into_iter()
        .chain(controls.chunks(1))
        .filter(|lost| !lost.is_empty())
    {
        one(root, seen, state, changes, lost, judgement);
    }
}

fn lost_vectors<'a>(
    root: &'a RootFacts<'_>,
    state: &'a State,
    changes: &'a Changes,
) -> impl Iterator<Item = Register> + 'a {
    let needed = if changes.wide { WHOLE } else { LEGACY };
    let vectors = (0..32).map(Register::vector);
    let owed = vectors.filter(|&register| root.contract.preserved.contains(register));
    owed.filter(move |&register| {
        let is_whole = state.widths[usize::from(register.0 - 16)] >= needed;
        root.terms.as_base(state.register(register)) != Some(Base::Entry(register)) || !is_whole
    })
}

/// Registers that are lost together.
fn one(
    root: &RootFacts<'_>,
    seen: &Seen,
    state: &State,
    changes: &Changes,
    lost: &[Register],
    judgement: &mut Judgement,
) {
    let shown = lost
        .iter()
        .find(|register| changes.certain.contains_key(register));
    let first = shown.or_else(|| lost.first());
    let Some(&register) = first else {
        return;
    };
    let changed = changes.certain.get(&register).copied();
    let evidence = changed.or(changes.restored);
    let text = evidence.and_then(|place| x86::text(root.image, place));
    let is_open = state.register(register) == Value::ANYTHING;
    if is_open && (evidence.is_none() || changes.by_mask) {
        let doubt = doubt(root, seen, lost, changes.by_mask);
        return judgement.doubts.push(doubt);
    }
    let (name, at) = (&root.root.name, root.name(seen.place));
    let many = match lost.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let mut notes = vec![whose(root).to_owned()];
    notes.extend(evidence.zip(text).map(|(place, text)| {
        format!(
            "`{text}` at `{}` changes it, and is linked",
            root.name(place)
        )
    }));
    let (save, restore) = match changes.wide && register.is_vector() {
        true => ("xsave64", "xrstor64"),
        false => ("fxsave64", "fxrstor64"),
    };
    judgement.candidates.push(Candidate {
        place: seen.place,
        cause: seen.place,
        block: seen.block,
        symptom: match register.is_vector() {
            true => Symptom::Clobbered(register),
            false => Symptom::Control(register),
        },
        at_most: at_most(root),
        message: format!("`{name}` loses `{register}`{many} of what it interrupts"),
        label: format!("`{register}` is not what it was at the entry here"),
        notes,
        help: format!(
            "save the state of floating point with `{save}` before it is changed, and restore it \
             with `{restore}` before `{at}`"
        ),
    });
}

fn doubt(root: &RootFacts<'_>, seen: &Seen, lost: &[Register], by_mask: bool) -> Doubt {
    let at = root.name(seen.place);
    let why = match by_mask {
        true => "what `xrstor` loads depends on a mask, and on what was saved",
        false => {
            "code that is called through a pointer, or that was not given, may change them, or \
             not"
        }
    };
    let names: Vec<_> = lost
        .iter()
        .map(|name| format!("\"{}\"", declared(*name)))
        .collect();
    Doubt {
        place: seen.place,
        class: "the interrupted state of floating point",
        reason: format!(
            "whether vector and floating-point registers are as they were at `{at}` is not known: \
             {why}"
        ),
        decide: vec![Decide::Contract(format!(
            "clobbers = [{}] # nothing that it interrupts needs them",
            names.join(", ")
        ))],
    }
}

/// A register as `abide.toml` names it.
fn declared(register: Register) -> String {
    match register {
        Register::X87_CONTROL => "x87cw".to_owned(),
        other => other.to_string(),
    }
}
