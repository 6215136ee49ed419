use super::{Candidate, Check, Decide, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::{Event, Exit, Known, Seen, State, Value};
use crate::registers::Register;

pub(super) static RULE: Rule = Rule {
    id: "dirty_fp_state",
    level: Level::Deny,
    page: include_str!("dirty_fp_state.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

/// The most registers of the x87 stack that hold results, by any declaration.
const MOST_RESULTS: i64 = 2;
/// What comes of it.
const FULL: &str = "whoever computes with `long double` next finds the x87 stack full: what it pushes becomes a NaN";
/// All registers of the stack, which MMX uses at once.
const ALL: i64 = 8;

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.contract.interrupt.is_none(),
        left_out: root.leads_elsewhere(),
        ..Judgement::default()
    };
    for seen in root.events() {
        match &seen.event {
            Event::Call {
                callee, x87_in_use, ..
            } => {
                let way = format!("calls {}", root.callee(*callee));
                in_use(root, seen, &way, *x87_in_use, 0, &mut judgement);
            }
            Event::HandedOver {
                callee, x87_in_use, ..
            } => {
                let way = format!("leaves to {}", root.callee(*callee));
                in_use(root, seen, &way, *x87_in_use, 0, &mut judgement);
            }
            Event::Exit { exit, state } => leave(root, seen, *exit, state, &mut judgement),
            _ => {}
        }
    }
    judgement
}

fn leave(root: &RootFacts<'_>, seen: &Seen, exit: Exit, state: &State, judgement: &mut Judgement) {
    let known = state.x87_in_use(root.terms);
    match exit {
        _ if exit.leads_elsewhere() => return,
        Exit::Return(_) => {
            let results = root.contract.x87_results();
            let one_or_two = known.low >= 1 && known.high <= MOST_RESULTS;
            if one_or_two && results == 0 {
                judgement.doubts.push(results_or_leak(root, seen, known));
            } else {
                in_use(root, seen, "returns", known, results, judgement);
            }
        }
        Exit::Resume { .. } => return,
        Exit::Tail(callee) => {
            let way = format!("leaves to {}", root.callee(callee));
            in_use(root, seen, &way, known, 0, judgement);
        }
    }
    for register in [Register::MXCSR, Register::X87_CONTROL] {
        if root.contract.preserved.contains(register)
            && !state.controls_as_before(root.terms, register)
        {
            controls(root, seen, state, register, judgement);
        }
    }
}

/// Registers of the x87 stack in use, of which `results` may be.
fn in_use(
    root: &RootFacts<'_>,
    seen: &Seen,
    way: &str,
    known: Known,
    results: u8,
    judgement: &mut Judgement,
) {
    if known.high <= i64::from(results) {
        return;
    }
    if known.is_any() {
        let what = "how many registers of the x87 stack are in use is not known here: they come \
                    from memory, or from an instruction that may push or not";
        return judgement.doubts.push(doubt(root, seen, what));
    }
    let name = &root.root.name;
    let at = root.name(seen.place);
    let is_mmx = known.high == ALL;
    let (message, label, help) = if is_mmx {
        (
            format!("`{name}` {way} with MMX in use"),
            "MMX is in use here",
            format!("run `emms` before `{at}`"),
        )
    } else {
        (
            format!("`{name}` {way} with registers of the x87 stack in use"),
            "the x87 stack is not empty here",
            format!("pop what was pushed, with `fstp st0`, before `{at}`"),
        )
    };
    let is_owed = root.contract.convention.empties_x87;
    let unsaid = "Microsoft's convention says nothing of these registers: there this is a warning";
    let notes = [FULL].into_iter().chain((!is_owed).then_some(unsaid));
    judgement.candidates.push(Candidate {
        place: seen.place,
        cause: seen.place,
        block: seen.block,
        symptom: Symptom::X87InUse { results },
        at_most: (!is_owed).then_some(Level::Warn),
        message,
        label: label.to_owned(),
        notes: notes.map(str::to_owned).collect(),
        help,
    });
}

fn results_or_leak(root: &RootFacts<'_>, seen: &Seen, known: Known) -> Doubt {
    let results = match known.high {
        1 => "results = [\"st0\"] # it returns a `long double`",
        _ => "results = [\"st0\", \"st1\"] # it returns a complex `long double`",
    };
    Doubt {
        decide: vec![Decide::Contract(results.to_owned())],
        ..doubt(
            root,
            seen,
            "what is left on the x87 stack is a result, or was forgotten: only a declaration tells",
        )
    }
}

fn doubt(root: &RootFacts<'_>, seen: &Seen, what: &str) -> Doubt {
    Doubt {
        place: seen.place,
        class: "the state of floating point",
        reason: format!("at `{}` {what}", root.name(seen.place)),
        decide: Vec::new(),
    }
}

fn controls(
    root: &RootFacts<'_>,
    seen: &Seen,
    state: &State,
    register: Register,
    judgement: &mut Judgement,
) {
    let name = &root.root.name;
    let (load, declared, shown) = match register {
        Register::MXCSR => ("ldmxcsr", "mxcsr", "`mxcsr`, but for its status bits,"),
        _ => ("fldcw", "x87cw", "the x87 control word"),
    };
    let called = match register {
        Register::MXCSR => "`mxcsr`",
        _ => shown,
    };
    let value = state.register(register);
    if value == Value::ANYTHING {
        let what = format!("what {called} holds is not known: it comes from memory");
        let decide = format!("clobbers = [\"{declared}\"]");
        judgement.doubts.push(Doubt {
            decide: vec![Decide::Contract(decide)],
            ..doubt(root, seen, &what)
        });
        return;
    }
    let number = value.as_constant().map(|number| format!("{number:#x}"));
    let holds = number.or_else(|| root.holds(value));
    let holds = holds.unwrap_or_else(|| "something else than at the entry".to_owned());
    judgement.candidates.push(Candidate {
        place: seen.place,
        cause: seen.place,
        block: seen.block,
        symptom: Symptom::Control(register),
        at_most: None,
        message: format!("`{name}` does not restore {called}"),
        label: format!("{called} holds {holds} here"),
        notes: vec![format!(
            "its caller may round, flush or mask in its own way: {} says that {shown} is preserved",
            root.contract.convention.name
        )],
        help: format!(
            "save it at the entry and load it with `{load}` before `{}`, or declare \
             `clobbers = [\"{declared}\"]` where changing it is the purpose",
            root.name(seen.place)
        ),
    });
}
