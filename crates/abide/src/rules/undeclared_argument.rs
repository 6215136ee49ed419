use std::collections::BTreeSet;

use super::garbage::{Said, Source, Whence, uses};
use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom, results};
use crate::interpret::replay::Garbled;
use crate::registers::Register;

/// Who stores fewer registers may have forgotten to declare them.
const FEWEST_IN_PICTURE: usize = 3;

pub(crate) static RULE: Rule = Rule {
    id: "undeclared_argument",
    level: Level::Deny,
    page: include_str!("undeclared_argument.md"),
    never_unknown: None,
    check: Check::Declaration(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.contract.declares_arguments(),
        ..Judgement::default()
    };
    judgement.candidates = uses(root, |source, _| match source {
        Source::Undeclared(whence) => Some(said(root, *whence)),
        _ => None,
    });
    if is_picture(root, &judgement.candidates) {
        let is_kept = |candidate: &Candidate| kept(candidate).is_some();
        judgement.candidates.retain(|candidate| !is_kept(candidate));
    }
    // A result that is computed from it is a use as well.
    for garbage in results::garbage(root) {
        let Source::Undeclared(whence) = garbage.source else {
            continue;
        };
        if garbage.is_unwritten {
            continue;
        }
        let said = said(root, whence);
        judgement.candidates.push(garbage.candidate(root, said));
    }
    judgement
}

/// Whether each register that could hold an argument, and is declared to hold none, is stored as it
/// was: as `getcontext` takes a picture of all that a thread has.
fn is_picture(root: &RootFacts<'_>, candidates: &[Candidate]) -> bool {
    let contract = root.contract;
    let parameters = contract.callees.parameters.iter().copied();
    let free = parameters.filter(|&register| contract.garbage_in(register) == u64::MAX);
    let free: BTreeSet<Register> = free.collect();
    let kept: BTreeSet<Register> = candidates.iter().filter_map(kept).collect();
    free.len() >= FEWEST_IN_PICTURE && free.is_subset(&kept)
}

/// The register that is stored as it was, where that is what is told.
fn kept(candidate: &Candidate) -> Option<Register> {
    match candidate.symptom {
        Symptom::Undefined {
            register,
            shown: Garbled::Stored,
            ..
        } if candidate.at_most.is_some() => Some(register),
        _ => None,
    }
}

fn said(root: &RootFacts<'_>, whence: Whence) -> Said {
    let name = &root.root.name;
    let declared = root.contract.declared.as_ref();
    let what = declared.map_or_else(String::new, |declared| declared.signature.to_string());
    Said {
        message: format!("`{name}` reads an argument in {whence} that its declaration has not"),
        notes: root.declaration_note(),
        help: format!(
            "add the parameter that {whence} holds to the declaration of `{name}`, now `{what}`"
        ),
    }
}
