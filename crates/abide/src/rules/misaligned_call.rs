use super::judgement::VECTOR;
use super::{Candidate, Check, Decide, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::conventions::Convention;
use crate::interpret::Event;

pub(super) static RULE: Rule = Rule {
    id: "misaligned_call",
    level: Level::Deny,
    page: include_str!("misaligned_call.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for seen in root.events() {
        let Event::Call {
            callee,
            convention,
            residue,
            as_entered,
            on_frame,
            ..
        } = seen.event
        else {
            continue;
        };
        let (alignment, entry) = (convention.stack_alignment, convention.entry_residue);
        let callee = root.callee(callee);
        match residue {
            Some(residue) if residue == u64::from(entry) => {}
            Some(residue) => {
                let off =
                    (u64::from(entry) + u64::from(alignment) - residue) % u64::from(alignment);
                judgement.candidates.push(Candidate {
                    place: seen.place,
                    cause: seen.place,
                    block: seen.block,
                    symptom: Symptom::MisalignedCall,
                    at_most: None,
                    message: format!(
                        "`{}` calls {callee} with a misaligned stack",
                        root.root.name
                    ),
                    label: format!(
                        "the stack pointer is {} modulo {alignment} before this call",
                        (residue + u64::from(convention.word())) % u64::from(alignment)
                    ),
                    notes: vec![wanted(convention)],
                    help: format!(
                        "move the stack pointer by {} more bytes before the call at `{}`, and back \
                         after it",
                        u64::from(alignment) - off,
                        root.name(seen.place)
                    ),
                });
            }
            None if as_entered && !root.has_unknown_frame() => {
                judgement.candidates.push(Candidate {
                    place: seen.place,
                    cause: seen.place,
                    block: seen.block,
                    symptom: Symptom::MisalignedCall,
                    at_most: None,
                    message: format!(
                        "`{}` calls {callee} with the stack aligned as it was entered",
                        root.root.name
                    ),
                    label: format!(
                        "the stack pointer is any multiple of {} before this call",
                        root.contract.convention.stack_alignment
                    ),
                    notes: vec![wanted(convention)],
                    help: format!(
                        "keep the stack pointer in a register that the callee preserves, and set it \
                         to a multiple of {alignment} before the call at `{}` (`and rsp, \
                         -{alignment}`)",
                        root.name(seen.place)
                    ),
                });
            }
            // On a stack that it was given, whoever gave it answers for its alignment.
            None if root.contract.switches_stack => {}
            None => judgement.doubts.push(Doubt {
                place: seen.place,
                class: "the stack's alignment at a call",
                reason: format!("how the stack is aligned at the call of {callee} is not known"),
                decide: vec![match on_frame {
                    _ if root.has_unknown_frame() => Decide::Contract(VECTOR.to_owned()),
                    true => Decide::Instruction {
                        at: root.name(seen.place),
                        line: format!("aligned = {alignment}"),
                    },
                    false => Decide::Contract("switches_stack = true".to_owned()),
                }],
            }),
        }
    }
    judgement
}

fn wanted(convention: &Convention) -> String {
    format!(
        "{} wants it to be a multiple of {} there: the callee may use aligned vector stores on its \
         stack",
        convention.name, convention.stack_alignment
    )
}
