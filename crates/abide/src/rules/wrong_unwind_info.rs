use std::collections::BTreeMap;

use super::{Candidate, Check, Decide, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::inputs::Place;
use crate::interpret::{Event, Seen, Unwound, Value, Whereabouts};

pub(super) static RULE: Rule = Rule {
    id: "wrong_unwind_info",
    level: Level::Deny,
    page: include_str!("wrong_unwind_info.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

/// How many instructions are listed.
const MOST_LISTED: usize = 8;

/// An instruction where an unwinder is misled.
struct Misled<'a> {
    seen: &'a Seen,
    found: Option<Value>,
    real: Whereabouts,
    at_call: bool,
}

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.facts.unwound && root.contract.interrupt.is_none(),
        ..Judgement::default()
    };
    let mut parts: BTreeMap<Unwound, BTreeMap<Place, Misled<'_>>> = BTreeMap::new();
    for seen in root.events() {
        if let Event::Unwind {
            part,
            found,
            is_wrong,
            real,
            at_call,
        } = seen.event
        {
            let misled = Misled {
                seen,
                found,
                real,
                at_call,
            };
            if is_wrong {
                parts.entry(part).or_default().insert(seen.place, misled);
            } else if !root.contract.unwinds {
                judgement.doubts.push(doubt(root, part, seen.place));
            }
        }
    }
    let (lost, found): (Vec<_>, Vec<_>) = parts
        .iter()
        .partition(|(part, places)| is_lost(**part, places));
    let candidates = found
        .into_iter()
        .filter_map(|(&part, places)| candidate(root, part, places));
    judgement.candidates.extend(candidates);
    judgement.candidates.extend(candidate_of_lost(root, &lost));
    judgement
}

/// Whether where the caller's register is was not known at any of these places.
fn is_lost(part: Unwound, places: &BTreeMap<Place, Misled<'_>>) -> bool {
    let mut reals = places.values().map(|misled| misled.real);
    matches!(part, Unwound::Register(_)) && reals.all(|real| real == Whereabouts::Unknown)
}

/// Registers that are lost have one cause: what could have overwritten one may have overwritten
/// all. The one that is lost first speaks for them.
fn candidate_of_lost(
    root: &RootFacts<'_>,
    lost: &[(&Unwound, &BTreeMap<Place, Misled<'_>>)],
) -> Option<Candidate> {
    let at_call = |places: &BTreeMap<Place, Misled<'_>>| places.values().any(|m| m.at_call);
    let &(&first, places) = lost
        .iter()
        .min_by_key(|(_, places)| (!at_call(places), places.keys().next().copied()))?;
    let mut candidate = candidate(root, first, places)?;
    let others = lost.iter().filter_map(|(part, _)| match part {
        Unwound::Register(register) if **part != first => Some(format!("`{register}`")),
        _ => None,
    });
    let others: Vec<_> = others.collect();
    if !others.is_empty() {
        let others = others.join(", ");
        candidate
            .notes
            .push(format!("it may be so for the caller's {others} too"));
    }
    Some(candidate)
}

fn doubt(root: &RootFacts<'_>, part: Unwound, place: Place) -> Doubt {
    Doubt {
        place,
        class: "what an unwinder finds",
        reason: format!(
            "whether the unwind table at `{}` leads to {} depends on a value that is not known",
            root.name(place),
            what(part)
        ),
        decide: vec![Decide::Contract("unwinds = true".to_owned())],
    }
}

fn what(part: Unwound) -> String {
    match part {
        Unwound::Frame => "the caller's frame".to_owned(),
        Unwound::ReturnAddress => "the return address".to_owned(),
        Unwound::Register(register) => format!("the caller's `{register}`"),
    }
}

/// One report for each part: the first call that is wrong, else the first instruction.
fn candidate(
    root: &RootFacts<'_>,
    part: Unwound,
    places: &BTreeMap<Place, Misled<'_>>,
) -> Option<Candidate> {
    let at_call = places.values().find(|misled| misled.at_call);
    let earliest = places.values().next()?;
    let first = at_call.unwrap_or(earliest);
    let place = first.seen.place;
    let mut notes = vec![if at_call.is_some() {
        "a panic or a backtrace that comes through this call goes astray".to_owned()
    } else {
        "it is no call: debuggers and profilers that stop here go astray, panics do not come here"
            .to_owned()
    }];
    notes.extend(table(root, part, places));
    Some(Candidate {
        place,
        cause: place,
        block: first.seen.block,
        symptom: Symptom::WrongUnwind(part),
        at_most: at_call.is_none().then_some(Level::Warn),
        message: format!(
            "the unwind table of `{}` does not lead to {}",
            root.root.name,
            what(part)
        ),
        label: differs(part, first),
        notes,
        help: help(
            root,
            part,
            if part == Unwound::Frame {
                earliest
            } else {
                first
            },
        ),
    })
}

/// How many bytes lie between where the table says that the frame is and where it is, if that is
/// a number.
fn off(misled: &Misled<'_>) -> Option<i64> {
    let found = misled.found?;
    (found.term == Value::FRAME.term).then(|| found.offset.wrapping_sub(8))
}

fn differs(part: Unwound, misled: &Misled<'_>) -> String {
    if part == Unwound::Frame {
        let Some(off) = off(misled) else {
            return "the table's frame is another before this".to_owned();
        };
        let side = if off < 0 { "low" } else { "high" };
        return format!(
            "the table's frame is {} bytes too {side} before this",
            off.unsigned_abs()
        );
    }
    match real(misled.real) {
        Some(real) => format!("{} is {real}, the table says otherwise", what(part)),
        None => format!("the table leads to another value than {}", what(part)),
    }
}

fn real(real: Whereabouts) -> Option<String> {
    match real {
        Whereabouts::Register(register) => Some(format!("in `{register}`")),
        Whereabouts::FromFrame(offset) => Some(format!("at CFA{offset:+}")),
        Whereabouts::Unknown => None,
    }
}

/// *Instruction, how far off, where it really is*: a line for each run of instructions alike.
fn table(root: &RootFacts<'_>, part: Unwound, places: &BTreeMap<Place, Misled<'_>>) -> Vec<String> {
    if places.len() < 2 {
        return Vec::new();
    }
    let all: Vec<&Misled<'_>> = places.values().collect();
    let alike = |a: &&Misled<'_>, b: &&Misled<'_>| differs(part, a) == differs(part, b);
    let mut lines: Vec<String> = all
        .chunk_by(alike)
        .map(|run| {
            let name = |misled: &Misled<'_>| root.name(misled.seen.place);
            let places = match run {
                [first, .., last] => format!(
                    "`{}` to `{}`, {} instructions",
                    name(first),
                    name(last),
                    run.len()
                ),
                _ => run.iter().map(|one| format!("`{}`", name(one))).collect(),
            };
            let text = differs(part, run[0]);
            let text = text.strip_suffix(" before this").unwrap_or(&text);
            format!("before {places}: {text}")
        })
        .collect();
    let more = lines.len().saturating_sub(MOST_LISTED);
    if more > 0 {
        lines.truncate(MOST_LISTED);
        lines.push(format!("and at {more} more stretches"));
    }
    lines
}

fn help(root: &RootFacts<'_>, part: Unwound, first: &Misled<'_>) -> String {
    let before = root.name(first.seen.place);
    match (part, first.real) {
        (Unwound::Frame, _) => match off(first) {
            Some(off) => format!(
                "say `.cfi_adjust_cfa_offset {}` right before `{before}`",
                -off
            ),
            None => format!("say where the caller's frame is right before `{before}`"),
        },
        (Unwound::Register(register), Whereabouts::Register(other)) if other == register => {
            format!("say `.cfi_restore {register}` right before `{before}`")
        }
        (Unwound::Register(register), Whereabouts::Register(other)) => {
            format!("say `.cfi_register {register}, {other}` right before `{before}`")
        }
        (Unwound::Register(register), Whereabouts::FromFrame(offset)) => {
            format!("say `.cfi_offset {register}, {offset}` right before `{before}`")
        }
        _ => format!("say where {} is right before `{before}`", what(part)),
    }
}
