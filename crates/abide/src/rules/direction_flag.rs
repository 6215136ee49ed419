use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::Event;

pub(super) static RULE: Rule = Rule {
    id: "direction_flag",
    level: Level::Deny,
    page: include_str!("direction_flag.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.contract.interrupt.is_none(),
        ..Judgement::default()
    };
    for seen in root.events() {
        let (direction, where_to) = match &seen.event {
            Event::Exit { state, .. } => (state.direction, "returns".to_owned()),
            Event::Call {
                callee, direction, ..
            } => (*direction, format!("calls {}", root.callee(*callee))),
            Event::HandedOver {
                callee, direction, ..
            } => (*direction, format!("leaves to {}", root.callee(*callee))),
            _ => continue,
        };
        if direction == Some(false) {
            continue;
        }
        let label = match direction {
            Some(true) => "the direction flag is set here",
            _ => "the direction flag may be set here",
        };
        judgement.candidates.push(Candidate {
            place: seen.place,
            cause: seen.place,
            block: seen.block,
            symptom: Symptom::DirectionFlag,
            at_most: None,
            message: format!(
                "`{}` {where_to} with the direction flag set",
                root.root.name
            ),
            label: label.to_owned(),
            notes: vec!["string instructions of whoever runs next would go backwards".to_owned()],
            help: format!("clear it with `cld` before `{}`", root.name(seen.place)),
        });
    }
    judgement
}
