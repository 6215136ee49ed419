use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::{Callee, Event, Exit, Seen};
use crate::registers::Flags;

pub(super) static RULE: Rule = Rule {
    id: "dirty_flags_in_handler",
    level: Level::Deny,
    page: include_str!("dirty_flags_in_handler.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let Some(interrupt) = &root.contract.interrupt else {
        judgement.applies = false;
        return judgement;
    };
    for seen in root.events() {
        let (callee, direction, alignment) = match &seen.event {
            Event::Exit {
                exit: Exit::Resume { .. },
                state,
            } if state.nested != Some(false) => {
                judgement.candidates.push(nested(root, seen));
                continue;
            }
            Event::Call {
                callee,
                direction,
                alignment,
                ..
            } => (*callee, *direction, *alignment),
            Event::Exit {
                exit: Exit::Tail(callee),
                state,
            } => (*callee, state.direction, state.alignment),
            _ => continue,
        };
        if direction != Some(false) {
            judgement
                .candidates
                .push(candidate(root, seen, callee, Flags::DF));
        }
        // Where only the kernel is interrupted, AC is what the kernel has made of it.
        if interrupt.user == Some(true) && alignment != Some(false) {
            judgement
                .candidates
                .push(candidate(root, seen, callee, Flags::AC));
        }
    }
    judgement
}

fn nested(root: &RootFacts<'_>, seen: &Seen) -> Candidate {
    let (name, at) = (&root.root.name, root.name(seen.place));
    Candidate {
        place: seen.place,
        cause: seen.place,
        block: seen.block,
        symptom: Symptom::DirtyFlag(Flags::NT),
        at_most: None,
        message: format!("`{name}` may go back with the nested-task flag set"),
        label: "the nested-task flag may be set here".to_owned(),
        notes: vec!["`iretq` faults while it is set".to_owned()],
        help: format!("load no flags by `popfq` before `{at}`: `iretq` brings them back"),
    }
}

fn candidate(root: &RootFacts<'_>, seen: &Seen, callee: Callee, flag: Flags) -> Candidate {
    let (name, at) = (&root.root.name, root.name(seen.place));
    let callee = root.callee(callee);
    let (flag_name, at_most, note, how) = match flag {
        Flags::DF => (
            "direction flag",
            None,
            "string instructions of the callee, a `memcpy` among them, would go backwards",
            "`cld`",
        ),
        _ => (
            "alignment check flag",
            Some(Level::Warn),
            "user mode chooses it, and set it lets the kernel reach user memory in spite of SMAP",
            "`clac`",
        ),
    };
    Candidate {
        place: seen.place,
        cause: seen.place,
        block: seen.block,
        symptom: Symptom::DirtyFlag(flag),
        at_most,
        message: format!("`{name}` calls {callee} with the {flag_name} of what it interrupts"),
        label: format!("the {flag_name} may still be set here"),
        notes: vec![note.to_owned()],
        help: format!("clear it by {how} before `{at}`"),
    }
}
