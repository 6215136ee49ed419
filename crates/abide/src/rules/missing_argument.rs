use super::{Candidate, Check, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::contracts::{Held, Lowered, Piece};
use crate::inputs::Place;
use crate::interpret::{Callee, Event, Passed};

pub(super) static RULE: Rule = Rule {
    id: "missing_argument",
    level: Level::Deny,
    page: include_str!("missing_argument.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: false,
        ..Judgement::default()
    };
    for seen in root.events() {
        let Event::StackArgument {
            callee,
            declared,
            piece,
            passed,
        } = &seen.event
        else {
            continue;
        };
        judgement.applies = true;
        let what = declared.parameter_text(piece);
        match *passed {
            Passed::Set => {}
            Passed::Unknown if root.contract.switches_stack => {}
            Passed::Unknown => judgement
                .doubts
                .push(doubt(root, seen.place, *callee, &what)),
            Passed::Unset { first, bytes } => judgement.candidates.push(Candidate {
                block: seen.block,
                ..candidate(root, seen.place, *callee, (declared, piece), (first, bytes))
            }),
        }
    }
    judgement
}

fn candidate(
    root: &RootFacts<'_>,
    place: Place,
    callee: Callee,
    (declared, piece): (&Lowered, &Piece),
    (first, bytes): (u16, u16),
) -> Candidate {
    let what = declared.parameter_text(piece);
    let start = match piece.held {
        Held::Stack(start) => start + u32::from(first),
        _ => 0,
    };
    let of_all = piece.bits.div_ceil(8);
    let part = match u32::from(bytes) == of_all {
        true => String::new(),
        false => format!("{bytes} bytes of "),
    };
    let who = root.callee(callee);
    let above = match start {
        0 => "right above the return address".to_owned(),
        _ => format!("{start:#x} bytes above the return address"),
    };
    Candidate {
        place,
        cause: place,
        block: 0,
        symptom: Symptom::UnwrittenArgument {
            callee,
            start,
            bytes,
        },
        at_most: None,
        message: format!(
            "`{}` calls {who} and does not set {part}{what}, which is passed on the stack",
            root.root.name
        ),
        label: format!("nothing that was stored for {part}it lasts to here: it lies {above}"),
        notes: seen_nowhere(declared, &who),
        help: format!(
            "store {what} before the call at `{}`, or declare {who} as it is called",
            root.name(place)
        ),
    }
}

/// How a callee is declared, where no line of source can be shown.
fn seen_nowhere(declared: &Lowered, who: &str) -> Vec<String> {
    let signature = Some(&declared.signature).filter(|signature| signature.line.is_none());
    let note = signature.map(|signature| {
        let (origin, file) = (signature.origin.text(), &signature.file);
        format!("`{signature}` is the {origin} of {who} in `{file}`")
    });
    note.into_iter().collect()
}

fn doubt(root: &RootFacts<'_>, place: Place, callee: Callee, what: &str) -> Doubt {
    let callee = root.callee(callee);
    Doubt {
        place,
        class: "an argument on the stack",
        reason: format!("whether {what} was set, which {callee} takes on the stack, is not known"),
        decide: Vec::new(),
    }
}
