use super::{Candidate, Check, Decide, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::{Event, Home};

pub(super) static RULE: Rule = Rule {
    id: "missing_home_space",
    level: Level::Deny,
    page: include_str!("missing_home_space.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: false,
        ..Judgement::default()
    };
    for seen in root.events() {
        let Event::Call {
            callee,
            convention,
            home,
            ..
        } = seen.event
        else {
            continue;
        };
        judgement.applies |= convention.home_space > 0;
        let bytes = convention.home_space;
        let callee = root.callee(callee);
        let at = root.name(seen.place);
        match home {
            Home::Provided => {}
            Home::Unknown if root.contract.switches_stack => {}
            Home::Callers => judgement.candidates.push(Candidate {
                place: seen.place,
                cause: seen.place,
                block: seen.block,
                symptom: Symptom::MissingHomeSpace,
                at_most: None,
                message: format!(
                    "`{}` calls {callee} without {bytes} bytes of home space",
                    root.root.name
                ),
                label: format!(
                    "the {bytes} bytes above the stack pointer reach the return address here"
                ),
                notes: vec![format!(
                    "{} lets the callee write there: it may save its register arguments, or what \
                     it likes",
                    convention.name
                )],
                help: format!(
                    "move the stack pointer down by {bytes} more bytes before the call at `{at}`, \
                     and back after it"
                ),
            }),
            Home::Unknown => judgement.doubts.push(Doubt {
                place: seen.place,
                class: "the home space at a call",
                reason: format!(
                    "whether the {bytes} bytes above the stack pointer are the function's own at \
                     the call of {callee} is not known"
                ),
                decide: vec![Decide::Contract("switches_stack = true".to_owned())],
            }),
        }
    }
    judgement
}
