use super::{Candidate, Check, Decide, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::inputs::Place;
use crate::interpret::{Event, Exit, State, Value};
use crate::registers::InstructionSet;

pub(super) static RULE: Rule = Rule {
    id: "unbalanced_stack",
    level: Level::Deny,
    page: include_str!("unbalanced_stack.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.contract.interrupt.is_none(),
        ..Judgement::default()
    };
    for seen in root.events() {
        let Event::Exit { exit, state } = &seen.event else {
            continue;
        };
        if !is_a_number_away(state) {
            judgement.doubts.extend(doubt(root, seen.place));
        } else if let Some(bytes) = may_be_popped(root, *exit, state) {
            judgement.doubts.push(popped(root, seen.place, bytes));
        } else if let Some((label, help)) = wrong(root, *exit, state, &root.name(seen.place)) {
            judgement.candidates.push(Candidate {
                place: seen.place,
                cause: seen.place,
                block: seen.block,
                symptom: Symptom::UnbalancedStack,
                at_most: None,
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

/// Whether SP is a known number of bytes from where it was at the entry. Where it
/// depends on data, as after `sub rsp, rcx`, a run proves nothing: only the
/// function's author knows which arguments there are.
fn is_a_number_away(state: &State) -> bool {
    state.stack_pointer().term == Value::FRAME.term
}

fn doubt(root: &RootFacts<'_>, place: Place) -> Option<Doubt> {
    (!root.contract.switches_stack).then(|| Doubt {
        place,
        class: "where the stack pointer is at an exit",
        reason: format!(
            "where the stack pointer is at the exit at `{}` depends on a value that is not known",
            root.name(place)
        ),
        decide: vec![Decide::Contract("switches_stack = true".to_owned())],
    })
}

/// How many bytes of arguments an exit takes off the stack, where nothing tells how many there are.
fn may_be_popped(root: &RootFacts<'_>, exit: Exit, state: &State) -> Option<i64> {
    let contract = root.contract;
    let bytes = state.stack_pointer().offset - contract.word();
    if exit != Exit::Return(Value::RETURN_ADDRESS) || bytes < 0 {
        return None;
    }
    // Of a function that returns a struct by an address, System V has it take that off.
    let is_address = contract.convention.set == InstructionSet::X86
        && contract.declared.is_none()
        && contract.stack_arguments.is_none()
        && bytes == contract.word();
    (contract.pops.is_none() || is_address).then_some(bytes)
}

fn popped(root: &RootFacts<'_>, place: Place, bytes: i64) -> Doubt {
    Doubt {
        place,
        class: "how many stack arguments there are",
        reason: format!(
            "the exit at `{}` takes {bytes} bytes of arguments off the stack, and no declaration \
             was seen",
            root.name(place)
        ),
        decide: vec![Decide::Contract(
            match root.contract.convention.callee_pops {
                true => format!("stack_arguments = {bytes}"),
                false => format!("convention = \"stdcall\" # with stack_arguments = {bytes}"),
            },
        )],
    }
}

fn wrong(root: &RootFacts<'_>, exit: Exit, state: &State, at: &str) -> Option<(String, String)> {
    let word = root.contract.word();
    let pops = i64::from(root.contract.pops.unwrap_or(0));
    let (expected, address) = match exit {
        Exit::Return(address) => (word + pops, address),
        Exit::Tail(_) => (0, top(state, word)),
        // A handler's: `wrong_interrupt_frame` judges it.
        Exit::Resume { .. } => return None,
    };
    let off = state.stack_pointer().offset.wrapping_sub(expected);
    if off == 0 {
        return (address != Value::RETURN_ADDRESS).then(|| {
            (
                "the return address was overwritten before this".to_owned(),
                format!(
                    "keep the {word} bytes at the entry's stack pointer as they are: the exit at `{at}` \
                     returns by them"
                ),
            )
        });
    }
    let bytes = off.unsigned_abs();
    let (side, undo) = match off < 0 {
        true => ("low", "give back"),
        false => ("high", "take"),
    };
    Some((
        format!("the stack pointer is {bytes} bytes too {side} here"),
        format!("{undo} {bytes} more bytes of stack on the path to the exit at `{at}`"),
    ))
}

fn top(state: &State, word: i64) -> Value {
    let slot = state
        .slots
        .iter()
        .find(|slot| slot.address() == Value::FRAME && i64::from(slot.bytes) == word);
    slot.map_or(Value::ANYTHING, |slot| slot.value)
}
