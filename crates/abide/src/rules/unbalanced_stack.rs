use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::{Event, Exit, State, Value};

pub(super) static RULE: Rule = Rule {
    id: "unbalanced_stack",
    level: Level::Deny,
    page: include_str!("unbalanced_stack.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

/// The size of a return address, in bytes.
const ADDRESS: i64 = 8;

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for seen in root.events() {
        let Event::Exit { exit, state } = &seen.event else {
            continue;
        };
        if let Some((label, help)) = wrong(root, *exit, state) {
            judgement.candidates.push(Candidate {
                place: seen.place,
                cause: seen.place,
                block: seen.block,
                symptom: Symptom::UnbalancedStack,
                message: format!(
                    "`{}` does not return with the stack it was given",
                    root.root.name
                ),
                label,
                notes: Vec::new(),
                help,
            });
        }
    }
    judgement
}

fn wrong(root: &RootFacts<'_>, exit: Exit, state: &State) -> Option<(String, String)> {
    let (expected, address) = match exit {
        Exit::Return(address) => (ADDRESS, address),
        Exit::Tail(_) => (0, top(state)),
    };
    let stack_pointer = state.stack_pointer();
    if stack_pointer == Value::FRAME.plus(expected) {
        return (address != Value::RETURN_ADDRESS).then(|| {
            (
                "the return address was overwritten before this".to_owned(),
                "keep the 8 bytes at the entry's stack pointer as they are".to_owned(),
            )
        });
    }
    let label = match stack_pointer.term {
        term if term == Value::FRAME.term => {
            let off = stack_pointer.offset - expected;
            let side = if off < 0 { "low" } else { "high" };
            format!("the stack pointer is {} bytes too {side} here", off.abs())
        }
        _ if root.terms.is_frame(stack_pointer) => {
            "the stack pointer is not back where it was at the entry".to_owned()
        }
        _ => "the stack pointer is no longer one of this function's stack".to_owned(),
    };
    Some((
        label,
        "undo each change of the stack pointer on every path to this exit".to_owned(),
    ))
}

fn top(state: &State) -> Value {
    let slot = state
        .slots
        .iter()
        .find(|slot| slot.address() == Value::FRAME && slot.bytes == 8);
    slot.map_or(Value::ANYTHING, |slot| slot.value)
}
