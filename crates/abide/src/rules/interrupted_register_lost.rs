use super::extended_state;
use super::lost_segments;
use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::{Base, Event, Exit, Seen, State, Value};
use crate::registers::{Register, RegisterSet};

pub(super) static RULE: Rule = Rule {
    id: "interrupted_register_lost",
    level: Level::Deny,
    page: include_str!("interrupted_register_lost.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.contract.interrupt.is_some(),
        ..Judgement::default()
    };
    for seen in root.events() {
        let Event::Exit {
            exit: Exit::Resume { .. },
            state,
        } = &seen.event
        else {
            continue;
        };
        // Where the frame is missed the stack is at fault, not the registers.
        if is_off(root, state) {
            continue;
        }
        let lost = lost(root, state);
        let lost = lost.iter();
        judgement
            .candidates
            .extend(lost.map(|register| candidate(root, seen, state, register)));
        extended_state::judge(root, seen, state, &mut judgement);
        lost_segments::judge(root, seen, state, &mut judgement);
    }
    judgement
}

fn is_off(root: &RootFacts<'_>, state: &State) -> bool {
    let stack_pointer = state.stack_pointer();
    let interrupt = root.contract.interrupt.as_ref();
    let is_right = interrupt.is_some_and(|found| found.may_resume_at(stack_pointer.offset));
    stack_pointer.term == Value::FRAME.term && !is_right
}

/// The general registers that do not hold what they held at the entry.
pub(super) fn lost(root: &RootFacts<'_>, state: &State) -> RegisterSet {
    let preserved = root.contract.preserved.iter();
    let preserved =
        preserved.filter(|&register| register.is_general() && register != Register::RSP);
    preserved
        .filter(|&register| !holds_entry(root, state.register(register), register))
        .collect()
}

fn holds_entry(root: &RootFacts<'_>, value: Value, register: Register) -> bool {
    root.terms.as_base(value) == Some(Base::Entry(register))
}

fn candidate(root: &RootFacts<'_>, seen: &Seen, state: &State, register: Register) -> Candidate {
    let name = &root.root.name;
    let value = state.register(register);
    let holds = root.holds(value);
    let holds = holds.unwrap_or_else(|| "something else than its entry value".to_owned());
    Candidate {
        place: seen.place,
        cause: seen.place,
        block: seen.block,
        symptom: Symptom::Clobbered(register),
        at_most: at_most(root),
        message: format!("`{name}` loses `{register}` of what it interrupts"),
        label: format!("`{register}` holds {holds} here"),
        notes: vec![whose(root).to_owned()],
        help: help(root, seen, state, register),
    }
}

/// A call into the kernel has a convention of the kernel's own, which objects do not tell.
pub(super) fn at_most(root: &RootFacts<'_>) -> Option<Level> {
    let interrupt = root.contract.interrupt.as_ref();
    let by_instruction = interrupt.is_some_and(|interrupt| interrupt.by_instruction);
    by_instruction.then_some(Level::Warn)
}

/// Whose registers they are.
pub(super) fn whose(root: &RootFacts<'_>) -> &'static str {
    match at_most(root) {
        Some(_) => {
            "its gate is open to programs, which enter by `int`: whether they count on it is for the \
             kernel's own convention to say"
        }
        None => {
            "whatever was interrupted may hold a value in any register, and the processor saves \
             none of them"
        }
    }
}

fn help(root: &RootFacts<'_>, seen: &Seen, state: &State, register: Register) -> String {
    let at = root.name(seen.place);
    let value = state.register(register);
    let mut slots = state.slots.iter();
    match root.terms.as_base(value) {
        Some(Base::Entry(other))
            if other != register && root.contract.preserved.contains(other) =>
        {
            format!("restore `{register}` and `{other}` in the opposite order of their saves")
        }
        _ if slots.any(|slot| holds_entry(root, slot.value, register)) => {
            format!("its entry value is still in the frame: restore it before `{at}`")
        }
        _ => format!("save `{register}` before it is changed, and restore it before `{at}`"),
    }
}
