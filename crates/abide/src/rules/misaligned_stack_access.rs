use super::{Candidate, Check, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::Event;

pub(super) static RULE: Rule = Rule {
    id: "misaligned_stack_access",
    level: Level::Deny,
    page: include_str!("misaligned_stack_access.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for seen in root.events() {
        let Event::AlignedAccess { align, residue, .. } = seen.event else {
            continue;
        };
        match residue {
            Some(0) => {}
            Some(residue) => judgement.candidates.push(Candidate {
                place: seen.place,
                cause: seen.place,
                block: seen.block,
                symptom: Symptom::MisalignedAccess { align },
                at_most: None,
                message: format!(
                    "`{}` accesses its frame at an address that is not aligned",
                    root.root.name
                ),
                label: format!(
                    "this demands a multiple of {align}, and the address is {residue} modulo {align}"
                ),
                notes: vec!["the processor answers with a general protection fault".to_owned()],
                help: "use the unaligned form of the instruction, or align the frame".to_owned(),
            }),
            None => judgement.doubts.push(Doubt {
                place: seen.place,
                class: "the alignment of a frame address",
                reason: format!(
                    "whether the address at `{}` is a multiple of {align} depends on a value that \
                     is not known",
                    root.name(seen.place)
                ),
                decide: root.declare(&format!("multiples = {{ rdi = {align} }} # the register that decides it")),
            }),
        }
    }
    judgement
}
