use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::inputs::Place;
use crate::interpret::{Base, Event, Function, State, Value};
use crate::registers::Register;

pub(super) static RULE: Rule = Rule {
    id: "clobbered_register",
    level: Level::Deny,
    page: include_str!("clobbered_register.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.contract.interrupt.is_none(),
        left_out: root.leads_elsewhere(),
        ..Judgement::default()
    };
    for seen in root.events() {
        let Event::Exit { exit, state } = &seen.event else {
            continue;
        };
        if exit.leads_elsewhere() {
            continue;
        }
        for register in root.contract.preserved.iter() {
            if (register.is_general() || register.is_vector())
                && register != Register::RSP
                && !is_whole(root, state, register)
            {
                let candidate = candidate(root, seen.place, seen.block, state, register);
                judgement.candidates.push(candidate);
            }
        }
    }
    judgement
}

/// Whether a register holds what it held at the entry, as far as that is preserved.
fn is_whole(root: &RootFacts<'_>, state: &State, register: Register) -> bool {
    let is_wide = match register.is_vector() {
        true => {
            let bytes = state.widths[usize::from(register.0 - 16)];
            bytes >= root.contract.convention.preserved_bytes()
        }
        false => true,
    };
    is_wide && root.terms.as_base(state.register(register)) == Some(Base::Entry(register))
}

fn candidate(
    root: &RootFacts<'_>,
    place: Place,
    block: u32,
    state: &State,
    register: Register,
) -> Candidate {
    let name = &root.root.name;
    let value = state.register(register);
    let holds = holds(root, state, register);
    Candidate {
        place,
        cause: place,
        block,
        symptom: Symptom::Clobbered(register),
        at_most: None,
        message: format!("`{name}` does not preserve `{register}`"),
        label: format!("`{register}` holds {holds} here"),
        notes: vec![format!(
            "its caller may keep a value in `{register}` across the call: {} says that it is \
             preserved",
            match root.contract.convention.preserved.contains(register) {
                true => root.contract.convention.name,
                false => "`abide.toml`",
            }
        )],
        help: help(root, place, state, register, value),
    }
}

fn holds(root: &RootFacts<'_>, state: &State, register: Register) -> String {
    let value = state.register(register);
    if register.is_vector() && root.terms.as_base(value) == Some(Base::Entry(register)) {
        let bytes = state.widths[usize::from(register.0 - 16)];
        return format!("only {} bits of its entry value", 8 * u16::from(bytes));
    }
    if let Some(Base::Function {
        function: Function::Truncate | Function::Insert { .. },
        bits,
        inputs,
    }) = root.terms.as_base(value)
        && root.terms.as_base(inputs[0]) == Some(Base::Entry(register))
    {
        return format!("only {bits} bits of its entry value");
    }
    root.holds(value)
        .unwrap_or_else(|| "something else than its entry value".to_owned())
}

fn help(
    root: &RootFacts<'_>,
    place: Place,
    state: &State,
    register: Register,
    value: Value,
) -> String {
    let at = root.name(place);
    let saved = state
        .slots
        .iter()
        .any(|slot| root.terms.entry_in(slot.value) == Some(register));
    match root.terms.as_base(value) {
        Some(Base::Entry(other))
            if other != register && root.contract.preserved.contains(other) =>
        {
            format!("restore `{register}` and `{other}` in the opposite order of their saves")
        }
        _ if saved => {
            format!("its entry value is still in the frame: restore it before the exit at `{at}`")
        }
        _ if register.is_vector() => format!(
            "store all 128 bits of `{register}` at the entry and load them before the exit at \
             `{at}`, or use a register that calls may change"
        ),
        _ => format!(
            "push `{register}` at the entry and pop it before each return; the exit at `{at}` \
             does not"
        ),
    }
}
