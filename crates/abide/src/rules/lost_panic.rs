use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::inputs::{Place, shown_name};
use crate::interpret::{Callee, Event, Seen};

pub(super) static RULE: Rule = Rule {
    id: "lost_panic",
    level: Level::Deny,
    page: include_str!("lost_panic.md"),
    never_unknown: None,
    check: Check::Declaration(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: false,
        ..Judgement::default()
    };
    let declared = root.contract.declared.as_ref();
    let is_declared_not_to = declared.is_some_and(|own| own.signature.unwinds == Some(false));
    for seen in root.events() {
        let Event::Unwinding { callee, untold } = seen.event else {
            continue;
        };
        judgement.applies = true;
        let found = match untold {
            Some(call) => no_table(root, seen, callee, call),
            None if is_declared_not_to => not_declared(root, seen, callee),
            None => continue,
        };
        judgement.candidates.push(found);
    }
    judgement
}

/// Nothing tells an unwinder how to leave a call that lies on the stack.
fn no_table(root: &RootFacts<'_>, seen: &Seen, callee: Callee, call: Place) -> Candidate {
    let name = root.callee(callee);
    let own = &root.root.name;
    let stopped_in = root
        .image
        .name_of(call)
        .map_or(own.as_str(), |(name, _)| name);
    let stopped_in = shown_name(stopped_in);
    Candidate {
        place: seen.place,
        cause: call,
        block: seen.block,
        symptom: Symptom::Unwinding(callee),
        at_most: None,
        message: format!(
            "`{own}` calls {name}, which may unwind, and no unwind table leads through `{stopped_in}`"
        ),
        label: format!("{name} may be left here by a panic"),
        notes: vec![
            "a panic that comes out of it finds no way to its caller, and Rust aborts the program"
                .to_owned(),
        ],
        help: format!(
            "declare {name} as `extern \"C\"`, so that a panic ends in it, or tell by \
             `.cfi_startproc` and what follows it how to leave `{stopped_in}`, and declare `{own}` as \
             `extern \"C-unwind\"`"
        ),
    }
}

/// Who calls the root is told that nothing unwinds out of it.
fn not_declared(root: &RootFacts<'_>, seen: &Seen, callee: Callee) -> Candidate {
    let name = root.callee(callee);
    let own = &root.root.name;
    let mut notes = root.declaration_note();
    notes.push(
        "what unwinds out of a function that is declared not to is undefined behaviour".to_owned(),
    );
    Candidate {
        place: seen.place,
        cause: root.root.place,
        block: seen.block,
        symptom: Symptom::Unwinding(callee),
        at_most: None,
        message: format!("{name} may unwind out of `{own}`, which is declared not to"),
        label: format!("{name} may be left here by a panic"),
        notes,
        help: format!(
            "declare `{own}` as `extern \"C-unwind\"`, or {name} as `extern \"C\"`, so that a \
             panic ends in it"
        ),
    }
}
