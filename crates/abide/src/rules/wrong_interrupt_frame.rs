use super::interrupted_register_lost::lost;
use super::judgement::VECTOR;
use super::{Candidate, Check, Decide, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::contracts::Interrupt;
use crate::interpret::{Base, Event, Exit, Seen, State, Value};
use crate::machine::GsBase;
use crate::registers::InstructionSet;

pub(super) static RULE: Rule = Rule {
    id: "wrong_interrupt_frame",
    level: Level::Deny,
    page: include_str!("wrong_interrupt_frame.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

/// What is wrong, what to say of it, and the next step.
struct Wrong {
    label: String,
    note: String,
    help: String,
}

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let Some(interrupt) = &root.contract.interrupt else {
        judgement.applies = false;
        return judgement;
    };
    for seen in root.events() {
        let Event::Exit { exit, state } = &seen.event else {
            continue;
        };
        let wrong = match *exit {
            Exit::Return(_) => Some(by_return(root, seen)),
            Exit::Resume { bits } if bits < interrupt.set.bits() => Some(narrow(root, seen, bits)),
            Exit::Resume { .. } if !is_a_number_away(state) => {
                judgement.doubts.extend(where_doubt(root, seen));
                None
            }
            Exit::Resume { .. } => match off(interrupt, state) {
                Off::By(off) => Some(elsewhere(root, seen, interrupt, state, off)),
                Off::Not if is_swapped(interrupt, state) => Some(swapped(root, seen)),
                Off::Not => None,
                Off::NotKnown => {
                    judgement.doubts.push(vector_doubt(root, seen));
                    None
                }
            },
            Exit::Tail(callee) => {
                judgement.doubts.push(Doubt {
                    place: seen.place,
                    class: "whether a handler is left by `iret`",
                    reason: format!(
                        "whether {} leaves by `iret`, in the handler's place, is not known",
                        root.callee(callee)
                    ),
                    decide: vec![Decide::Instruction {
                        at: root.name(seen.place),
                        line: "clobbers = [] # it never comes back".to_owned(),
                    }],
                });
                None
            }
        };
        judgement.candidates.extend(wrong.map(|wrong| Candidate {
            place: seen.place,
            cause: seen.place,
            block: seen.block,
            symptom: Symptom::InterruptFrame,
            at_most: None,
            message: format!(
                "`{}` does not go back by the frame that the processor pushed",
                root.root.name
            ),
            label: wrong.label,
            notes: vec![wrong.note],
            help: wrong.help,
        }));
    }
    judgement
}

/// Whether `swapgs` has run an odd number of times, and the handler goes back to the privilege that
/// it was entered from: nobody wrote the CS that the processor pushed, and who may have did so
/// behind the handler's back.
fn is_swapped(interrupt: &Interrupt, state: &State) -> bool {
    let is_exchanged = state.base == GsBase::Exchanged;
    let word = i64::from(interrupt.set.word());
    let Some(above) = interrupt.resume_offset().filter(|_| is_exchanged) else {
        return false;
    };
    let selector = above + word..above + 2 * word;
    let mut slots = state.slots.iter();
    !slots.any(|slot| {
        let end = slot.offset + i64::from(slot.bytes);
        slot.term == Value::FRAME.term && slot.offset < selector.end && end > selector.start
    })
}

fn swapped(root: &RootFacts<'_>, seen: &Seen) -> Wrong {
    Wrong {
        label: "the bases of GS are exchanged here".to_owned(),
        note: "`swapgs` has run an odd number of times on this path: what was interrupted goes on with \
               another base of GS"
            .to_owned(),
        help: format!(
            "run `swapgs` once more before `{}`, by the same test of CS as at the entry",
            root.name(seen.place)
        ),
    }
}

/// How far SP is from the frame, in bytes.
enum Off {
    Not,
    By(i64),
    NotKnown,
}

fn off(interrupt: &Interrupt, state: &State) -> Off {
    let above = state.stack_pointer().offset;
    match (interrupt.may_resume_at(above), interrupt.resume_offset()) {
        (true, Some(_)) => Off::Not,
        // Right for a vector without an error code, or for one that has one.
        (true, None) => Off::NotKnown,
        (false, expected) => Off::By(above.wrapping_sub(expected.unwrap_or(0))),
    }
}

fn is_a_number_away(state: &State) -> bool {
    state.stack_pointer().term == Value::FRAME.term
}

fn where_doubt(root: &RootFacts<'_>, seen: &Seen) -> Option<Doubt> {
    (!root.contract.switches_stack).then(|| Doubt {
        place: seen.place,
        class: "where the stack pointer is at an `iret`",
        reason: format!(
            "where the stack pointer is at `{}` depends on a value that is not known",
            root.name(seen.place)
        ),
        decide: vec![Decide::Contract("switches_stack = true".to_owned())],
    })
}

fn vector_doubt(root: &RootFacts<'_>, seen: &Seen) -> Doubt {
    Doubt {
        place: seen.place,
        class: "whether the processor pushes an error code",
        reason: format!(
            "which vector leads to `{}` is not known, and so is whether an error code lies below \
             the frame at `{}`",
            root.root.name,
            root.name(seen.place)
        ),
        decide: vec![Decide::Contract(VECTOR.to_owned())],
    }
}

fn by_return(root: &RootFacts<'_>, seen: &Seen) -> Wrong {
    Wrong {
        label: "this returns as from a call".to_owned(),
        note: match root.contract.convention.set {
            InstructionSet::X86_64 => {
                "CS, RFLAGS, RSP and SS of what was interrupted stay on the stack"
            }
            InstructionSet::X86 => "CS and EFLAGS of what was interrupted stay on the stack",
        }
        .to_owned(),
        help: format!(
            "write `iretq` in place of the `ret` at `{}`",
            root.name(seen.place)
        ),
    }
}

fn narrow(root: &RootFacts<'_>, seen: &Seen, bits: u8) -> Wrong {
    Wrong {
        label: format!("this pops words of {bits} bits"),
        note: format!(
            "the processor has pushed words of {} bits; some assemblers take `iret` for the narrow \
             one",
            root.contract.convention.set.bits()
        ),
        help: format!("write `iretq` at `{}`", root.name(seen.place)),
    }
}

fn elsewhere(
    root: &RootFacts<'_>,
    seen: &Seen,
    interrupt: &Interrupt,
    state: &State,
    off: i64,
) -> Wrong {
    let at = root.name(seen.place);
    let bytes = off.unsigned_abs();
    let word = i64::from(interrupt.set.word());
    let (side, undo) = match off < 0 {
        true => ("low", "give back"),
        false => ("high", "take"),
    };
    let vectors = interrupt.vectors_text();
    let help = match (interrupt.error_code(), off) {
        (Some(true), low) if low == -word => format!(
            "drop the error code that the processor pushes for {vectors} before `{at}`: \
             `add rsp, {word}`"
        ),
        (Some(false), high) if high == word => format!(
            "the processor pushes no error code for {vectors}: push a word in its place at the \
             entry, or drop one less before `{at}`"
        ),
        _ => format!("{undo} {bytes} more bytes of stack on the path to `{at}`"),
    };
    Wrong {
        label: format!("the stack pointer is {bytes} bytes too {side} here"),
        note: taken(root, state),
        help,
    }
}

/// What the processor takes for RIP, and which registers are not what they were.
fn taken(root: &RootFacts<'_>, state: &State) -> String {
    let top = state.stack_pointer();
    let mut slots = state.slots.iter();
    let slot =
        slots.find(|slot| slot.address() == top && i64::from(slot.bytes) == root.contract.word());
    let what = match slot.map(|slot| slot.value) {
        Some(Value::RETURN_ADDRESS) => "the interrupted RIP".to_owned(),
        Some(value) => match root.terms.as_base(value) {
            Some(Base::Argument(0, _)) => "the error code".to_owned(),
            _ => root
                .holds(value)
                .unwrap_or_else(|| "what the handler stored there".to_owned()),
        },
        None => "another word of the frame".to_owned(),
    };
    let lost: Vec<_> = lost(root, state)
        .iter()
        .map(|register| format!("`{register}`"))
        .collect();
    match lost.as_slice() {
        [] => format!("the processor takes {what} for the RIP to go on at"),
        _ => format!(
            "the processor takes {what} for the RIP to go on at; not restored: {}",
            lost.join(", ")
        ),
    }
}
