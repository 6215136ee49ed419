use std::collections::{BTreeMap, BTreeSet};

use super::{Candidate, Check, Decide, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::inputs::{Place, Teller};
use crate::interpret::{Callee, Event, Seen, Unwound, Value, Whereabouts};

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
    /// Of a call, how many bytes it has.
    call: Option<u8>,
    teller: Teller,
}

impl Misled<'_> {
    /// Lower is worse: what a panic surely comes through, then other calls, then the rest.
    fn rank(&self) -> (bool, bool) {
        (self.call.is_none(), !self.is_told())
    }

    /// Whether a table says so that nothing puts right.
    fn is_told(&self) -> bool {
        matches!(self.teller, Teller::Dwarf | Teller::Windows)
    }
}

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.facts.unwound && root.contract.interrupt.is_none(),
        ..Judgement::default()
    };
    let outward = outward_calls(root);
    let mut parts: BTreeMap<Unwound, BTreeMap<Place, Misled<'_>>> = BTreeMap::new();
    for seen in root.events() {
        if let Event::Unwind {
            part,
            found,
            is_wrong,
            real,
            call,
            teller,
        } = seen.event
        {
            let misled = Misled {
                seen,
                found,
                real,
                call,
                teller,
            };
            if !misled.is_told() && !outward.contains(&seen.place) {
                continue;
            }
            judgement.applies = root.contract.interrupt.is_none();
            if is_wrong {
                parts.entry(part).or_default().insert(seen.place, misled);
            } else if !root.contract.unwinds {
                judgement.doubts.push(doubt(root, part, seen.place));
            }
        }
    }
    // What has one cause is told once, of the part that shows it first.
    let mut causes: BTreeMap<Cause, Parts<'_, '_>> = BTreeMap::new();
    for (&part, places) in &parts {
        let parts = causes.entry(cause(part, places)).or_default();
        parts.push((part, places));
    }
    let candidates = causes
        .iter()
        .filter_map(|(cause, parts)| candidate_of(root, *cause, parts));
    judgement.candidates.extend(candidates);
    judgement
}

/// Parts of the caller's state that an unwinder misses, and where.
type Parts<'p, 'a> = Vec<(Unwound, &'p BTreeMap<Place, Misled<'a>>)>;

/// Why a part is missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// The table is wrong of it.
    Part(Unwound),
    /// The table is wrong of vector registers, which are saved side by side.
    Vectors,
    /// What could have overwritten one register may have overwritten all.
    Lost,
}

/// Where code is called that is not assembly, and may be left by an exception.
fn outward_calls(root: &RootFacts<'_>) -> BTreeSet<Place> {
    let is_outward = |callee| match callee {
        Callee::Place(place) => root.image.trace_of_assembly(place).is_none(),
        Callee::External(_) | Callee::Pointer => true,
    };
    let calls = root.events().filter_map(|seen| match seen.event {
        Event::Call { callee, .. } if is_outward(callee) => Some(seen.place),
        _ => None,
    });
    calls.collect()
}

fn cause(part: Unwound, places: &BTreeMap<Place, Misled<'_>>) -> Cause {
    let mut reals = places.values().map(|misled| misled.real);
    match part {
        Unwound::Register(_) if reals.all(|real| real == Whereabouts::Unknown) => Cause::Lost,
        Unwound::Register(register) if register.is_vector() => Cause::Vectors,
        _ => Cause::Part(part),
    }
}

/// What is told of parts that have one cause.
fn candidate_of(root: &RootFacts<'_>, cause: Cause, parts: &Parts<'_, '_>) -> Option<Candidate> {
    let at_call = |places: &BTreeMap<Place, Misled<'_>>| places.values().any(|m| m.call.is_some());
    let &(first, places) = parts
        .iter()
        .min_by_key(|(_, places)| (!at_call(places), places.keys().next().copied()))?;
    let mut candidate = candidate(root, first, places)?;
    let others = parts.iter().filter_map(|&(part, _)| match part {
        Unwound::Register(register) if part != first => Some(format!("`{register}`")),
        _ => None,
    });
    let others: Vec<_> = others.collect();
    if !others.is_empty() {
        let others = others.join(", ");
        candidate.notes.push(match cause {
            Cause::Lost => format!("it may be so for the caller's {others} too"),
            _ => format!("the table is wrong of the caller's {others} too"),
        });
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
    let earliest = places.values().next()?;
    let first = places.values().min_by_key(|misled| misled.rank())?;
    let place = first.seen.place;
    let is_denied = first.call.is_some() && first.is_told();
    let mut notes = vec![who_goes_astray(root, first)];
    notes.extend(table(root, part, places));
    Some(Candidate {
        place,
        cause: place,
        block: first.seen.block,
        symptom: Symptom::WrongUnwind(part, first.call),
        at_most: (!is_denied).then_some(Level::Warn),
        message: match first.teller {
            Teller::Handler | Teller::Nobody => format!(
                "no unwind table tells what `{}` does, and an unwinder misses {}",
                root.root.name,
                what(part)
            ),
            _ => format!(
                "the unwind table of `{}` does not lead to {}",
                root.root.name,
                what(part)
            ),
        },
        label: differs(root, part, first),
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

fn who_goes_astray(root: &RootFacts<'_>, misled: &Misled<'_>) -> String {
    match (misled.call, misled.teller) {
        (Some(_), Teller::Nobody) => format!(
            "Windows takes `{}` for a leaf function, which changes nothing: an exception or a \
             backtrace that comes through this call goes astray",
            root.root.name
        ),
        (Some(_), Teller::Handler) => "its handler may put this right while an exception is \
             handled; a backtrace that comes through this call asks no handler"
            .to_owned(),
        (Some(_), _) => {
            "a panic or a backtrace that comes through this call goes astray".to_owned()
        }
        (None, Teller::Dwarf) => {
            "it is no call: debuggers and profilers that stop here go astray, \
             panics do not come here"
                .to_owned()
        }
        (None, _) => "it is no call: what stops here goes astray, debuggers, profilers and \
             exceptions of the processor, but no panic"
            .to_owned(),
    }
}

/// How many bytes lie between where the table says that the frame is and where it is, if that is
/// a number.
fn off(root: &RootFacts<'_>, misled: &Misled<'_>) -> Option<i64> {
    let found = misled.found?;
    (found.term == Value::FRAME.term).then(|| found.offset.wrapping_sub(root.contract.word()))
}

fn differs(root: &RootFacts<'_>, part: Unwound, misled: &Misled<'_>) -> String {
    if part == Unwound::Frame {
        let Some(off) = off(root, misled) else {
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
    let alike = |a: &&Misled<'_>, b: &&Misled<'_>| differs(root, part, a) == differs(root, part, b);
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
            let text = differs(root, part, run[0]);
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
    match first.teller {
        Teller::Dwarf => {}
        Teller::Handler | Teller::Nobody => {
            return format!(
                "give `{}` an entry in `.pdata` that tells what its prologue does \
                 (`.seh_proc`, `.seh_pushreg`, `.seh_stackalloc`, `.seh_endproc`)",
                root.root.name
            );
        }
        Teller::Windows => return windows_help(part, first.real, &before),
    }
    match (part, first.real) {
        (Unwound::Frame, _) => match off(root, first) {
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

/// The same for `.xdata`, whose codes tell what the prologue's instructions do.
fn windows_help(part: Unwound, real: Whereabouts, before: &str) -> String {
    let Unwound::Register(register) = part else {
        return format!(
            "tell of all that moves `rsp` before `{before}` in the prologue (`.seh_pushreg`, \
             `.seh_stackalloc`), or set a frame register (`.seh_setframe`)"
        );
    };
    let code = match register.is_vector() {
        true => ".seh_savexmm",
        false => ".seh_pushreg` or `.seh_savereg",
    };
    match real {
        Whereabouts::FromFrame(offset) => {
            format!("say by `{code}` that `{register}` is saved at CFA{offset:+} before `{before}`")
        }
        Whereabouts::Register(_) => {
            format!("name no save of `{register}` before `{before}`, or save it there")
        }
        Whereabouts::Unknown => format!("say by `{code}` where `{register}` is before `{before}`"),
    }
}
