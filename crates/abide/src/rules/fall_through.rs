use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::Event;

pub(super) static RULE: Rule = Rule {
    id: "fall_through",
    level: Level::Deny,
    page: include_str!("fall_through.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for seen in root.events() {
        let Event::FellThrough { into } = seen.event else {
            continue;
        };
        judgement.candidates.push(Candidate {
            place: seen.place,
            cause: seen.place,
            block: seen.block,
            symptom: Symptom::FallThrough,
            at_most: None,
            message: format!("`{}` runs into what is no code", root.root.name),
            label: format!("here is {into}"),
            notes: Vec::new(),
            help: format!(
                "end the path before `{}` with `ret`, a jump, or `ud2` where it cannot be reached",
                root.name(seen.place)
            ),
        });
    }
    judgement
}
