use super::judgement::VECTOR;
use super::{Candidate, Check, Decide, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::{Event, Seen};

pub(super) static RULE: Rule = Rule {
    id: "out_of_frame_store",
    level: Level::Deny,
    page: include_str!("out_of_frame_store.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let declared = root.contract.stack_arguments;
    let word = root.contract.word();
    // Where the first stack argument is: the home space below it is the function's in any case.
    let first = word + i64::from(root.contract.convention.home_space);
    let reach = match declared {
        Some(bytes) => word + i64::from(bytes),
        // What the root reads there, its caller has put there.
        None => {
            let read = root.facts.assumptions.read_arguments;
            read.map_or(first, |read| read.max(first))
        }
    };
    let stores = root.events().filter_map(|seen| match seen.event {
        Event::CallerFrameStore { offset } => Some(offset),
        _ => None,
    });
    // So many bytes that all stores are within them.
    let most = stores.max().unwrap_or(first) - first + word;
    for seen in root.events() {
        let Event::CallerFrameStore { offset } = seen.event else {
            continue;
        };
        if offset < reach {
            continue;
        }
        if declared.is_some() {
            judgement
                .candidates
                .push(candidate(root, seen, offset, reach));
            continue;
        }
        let bytes = offset - first + word;
        judgement.doubts.push(Doubt {
            place: seen.place,
            class: "how many stack arguments there are",
            reason: format!(
                "the store at `{}` goes {offset:#x} bytes above the entry's stack pointer: it is \
                 within its rights only if the function has {bytes} bytes of stack arguments, and \
                 no declaration was seen",
                root.name(seen.place)
            ),
            decide: vec![Decide::Contract(match root.has_unknown_frame() {
                true => VECTOR.to_owned(),
                false => format!("stack_arguments = {most}"),
            })],
        });
    }
    judgement
}

fn candidate(root: &RootFacts<'_>, seen: &Seen, offset: i64, beyond: i64) -> Candidate {
    Candidate {
        place: seen.place,
        cause: seen.place,
        block: seen.block,
        symptom: Symptom::CallerFrameStore { beyond },
        at_most: None,
        message: format!("`{}` writes into its caller's frame", root.root.name),
        label: format!("this goes {offset:#x} bytes above the entry's stack pointer"),
        notes: vec!["the function is declared to have no stack argument there".to_owned()],
        help: format!(
            "let the store at `{}` go into the function's own frame, below the return address",
            root.name(seen.place)
        ),
    }
}
