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
            let read = read.map_or(first, |read| read.max(first));
            // What is narrower has a word all the same.
            in_words(read, word)
        }
    };
    let ends = root.events().filter_map(|seen| match seen.event {
        Event::CallerFrameStore { offset, bytes } => Some(end(offset, bytes, word)),
        _ => None,
    });
    // So many bytes that all stores are within them.
    let most = ends.max().unwrap_or(first) - first;
    for seen in root.events() {
        let Event::CallerFrameStore { offset, bytes } = seen.event else {
            continue;
        };
        let end = end(offset, bytes, word);
        if end <= reach {
            continue;
        }
        if declared.is_some() {
            judgement
                .candidates
                .push(candidate(root, seen, offset, reach));
            continue;
        }
        let bytes = end - first;
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

/// Where the words end that a store goes to.
fn end(offset: i64, bytes: u16, word: i64) -> i64 {
    let bytes = if bytes == 0 { word } else { bytes.into() };
    in_words(offset + bytes, word)
}

/// So many bytes, or as many more as whole words have.
const fn in_words(bytes: i64, word: i64) -> i64 {
    (bytes + word - 1) / word * word
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
