use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::conventions::Convention;
use crate::interpret::Event;

pub(super) static RULE: Rule = Rule {
    id: "below_stack_pointer",
    level: Level::Deny,
    page: include_str!("below_stack_pointer.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn who_overwrites(convention: &Convention) -> String {
    match convention.red_zone {
        0 => "whatever interrupts the function may overwrite all that lies below the stack \
              pointer: there is no red zone"
            .to_owned(),
        red_zone => format!(
            "a signal handler may overwrite what lies more than {red_zone} bytes below the stack \
             pointer"
        ),
    }
}

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for seen in root.events() {
        let Event::BelowStackPointer { distance } = seen.event else {
            continue;
        };
        let label = match distance {
            Some(distance) if distance > 0 => {
                format!("this is read from {distance} bytes below the stack pointer")
            }
            _ => "this was below the stack pointer since it was written".to_owned(),
        };
        judgement.candidates.push(Candidate {
            place: seen.place,
            cause: seen.place,
            block: seen.block,
            symptom: Symptom::BelowStackPointer,
            at_most: None,
            message: format!(
                "`{}` relies on data below the stack pointer",
                root.root.name
            ),
            label,
            notes: vec![who_overwrites(root.contract.convention)],
            help: format!(
                "move the stack pointer below the data before they are written, and back after \
                 `{}`",
                root.name(seen.place)
            ),
        });
    }
    judgement
}
