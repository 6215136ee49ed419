use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::Event;

pub(super) static RULE: Rule = Rule {
    id: "unprobed_frame",
    level: Level::Warn,
    page: include_str!("unprobed_frame.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for seen in root.events() {
        let Event::UnprobedStep { distance } = seen.event else {
            continue;
        };
        judgement.candidates.push(Candidate {
            place: seen.place,
            cause: seen.place,
            block: seen.block,
            symptom: Symptom::UnprobedStep,
            at_most: None,
            message: format!(
                "`{}` reaches past a page of its stack without touching it",
                root.root.name
            ),
            label: format!("this is {distance} bytes below what was touched before"),
            notes: vec![
                "near the end of the stack it jumps over the guard page that would have caught it"
                    .to_owned(),
            ],
            help: format!(
                "touch each page on the way down before `{}`, as compilers do for large frames",
                root.name(seen.place)
            ),
        });
    }
    judgement
}
