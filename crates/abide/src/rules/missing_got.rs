use super::{Candidate, Check, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::inputs::link::Stub;
use crate::interpret::{Base, Callee, Event, Seen, Terms, Value};

/// The class of what is not known.
const CLASS: &str = "the global offset table in `ebx` at a call";

pub(super) static RULE: Rule = Rule {
    id: "missing_got",
    level: Level::Deny,
    page: include_str!("missing_got.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: false,
        ..Judgement::default()
    };
    for seen in root.events() {
        let Event::ThroughStub { base_register: ebx } = seen.event else {
            continue;
        };
        let Some((callee, stub)) = root.stubs.at(root.image, seen.place) else {
            continue;
        };
        let callee = root.callee(Callee::External(callee));
        judgement.applies = true;
        match stub {
            _ if root.terms.as_base(ebx) == Some(Base::Got) => {}
            Stub::Free => {}
            Stub::GoesByEbx if is_told(root.terms, ebx) => {
                judgement
                    .candidates
                    .push(candidate(root, seen, &callee, ebx));
            }
            Stub::GoesByEbx => judgement.doubts.push(Doubt {
                place: seen.place,
                class: CLASS,
                reason: format!(
                    "whether `ebx` holds the address of the global offset table at the call of \
                     {callee} is not known"
                ),
                decide: Vec::new(),
            }),
            Stub::Unknown { why } => judgement.doubts.push(Doubt {
                place: seen.place,
                class: CLASS,
                reason: format!(
                    "`ebx` does not hold the address of the global offset table at the call of \
                     {callee}, and whether that takes it is not known: {why}"
                ),
                decide: Vec::new(),
            }),
        }
    }
    judgement
}

/// Whether the code shows that a value is not the table's address. What it loads from memory that is
/// not its own, what it is given back, and what differs between paths may well be.
fn is_told(terms: &Terms, value: Value) -> bool {
    match terms.as_base(value) {
        Some(Base::Entry(_) | Base::Frame | Base::ReturnAddress) => true,
        Some(Base::Site { lost, .. }) => lost.is_some(),
        _ => value.as_constant().is_some() || terms.as_place(value).is_some(),
    }
}

fn candidate(root: &RootFacts<'_>, seen: &Seen, callee: &str, ebx: Value) -> Candidate {
    let at = root.name(seen.place);
    let holds = root.holds(ebx);
    let holds = holds.unwrap_or_else(|| "something else than the table's address".to_owned());
    Candidate {
        place: seen.place,
        cause: seen.place,
        block: seen.block,
        symptom: Symptom::MissingGot,
        at_most: None,
        message: format!(
            "`{}` calls {callee} through the procedure linkage table without the address of the \
             global offset table in `ebx`",
            root.root.name
        ),
        label: format!("`ebx` holds {holds} here"),
        notes: vec![
            "in what may be moved, the stub that stands for the function fetches its address by `ebx`"
                .to_owned(),
        ],
        help: format!(
            "save `ebx`, and add to it by `_GLOBAL_OFFSET_TABLE_` what `call` and `pop` read of the \
             code's own address, before `{at}`"
        ),
    }
}
