use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::interpret::{Event, Seen};
use crate::machine::x86;
use crate::registers::Register;
use crate::signatures::{Layout, Pointee};

pub(super) static RULE: Rule = Rule {
    id: "pointee_layout",
    level: Level::Deny,
    page: include_str!("pointee_layout.md"),
    never_unknown: None,
    check: Check::Declaration(check),
};

/// What `lidt` and its like access: a limit of two bytes, then a base of eight.
const DESCRIPTOR: [(u64, u64); 2] = [(0, 2), (2, 8)];

fn check(root: &RootFacts<'_>) -> Judgement {
    let declared = root.contract.declared.as_ref();
    let mut judgement = Judgement {
        applies: declared.is_some_and(|declared| {
            let mut parameters = declared.signature.parameters.iter();
            parameters.any(|parameter| parameter.pointee.is_some())
        }),
        ..Judgement::default()
    };
    for seen in root.events() {
        if let Event::PointeeAccess {
            register,
            offset,
            bytes,
        } = seen.event
            && let Some(pointee) = declared.and_then(|declared| declared.pointee_of(register))
            && let Some(wrong) = wrong(root, seen, pointee, offset, bytes.into())
        {
            let access = (register, offset, bytes);
            judgement
                .candidates
                .push(candidate(root, seen, pointee, access, wrong));
        }
    }
    judgement
}

/// What is wrong with an access, and the next step.
struct Wrong {
    what: String,
    help: String,
}

fn wrong(
    root: &RootFacts<'_>,
    seen: &Seen,
    pointee: &Pointee,
    offset: i64,
    bytes: u64,
) -> Option<Wrong> {
    let text = x86::text(root.image, seen.place)?;
    let name = &pointee.name;
    if ["lidt", "lgdt", "sidt", "sgdt"]
        .iter()
        .any(|word| text.starts_with(word))
    {
        let start = u64::try_from(offset).ok()?;
        return is_no_descriptor(pointee, start).map(|what| Wrong {
            what,
            help: format!("declare `{name}` as `#[repr(C, packed)]`: a `u16`, then a `u64`"),
        });
    }
    let layout = pointee.layout.as_ref().filter(|_| pointee.is_reference)?;
    let start = u64::try_from(offset).ok();
    let is_inside = start.is_some_and(|start| start + bytes <= layout.size);
    (!is_inside).then(|| Wrong {
        what: format!(
            "this accesses {bytes} bytes at {offset:#x}, and `{name}` has {} bytes",
            layout.size
        ),
        help: format!(
            "keep the access at `{}` inside of `{name}`, or declare what is really passed",
            root.name(seen.place)
        ),
    })
}

/// Why the processor does not find the two parts of a descriptor there.
fn is_no_descriptor(pointee: &Pointee, start: u64) -> Option<String> {
    let name = &pointee.name;
    let Some(layout) = &pointee.layout else {
        return Some(format!(
            "the processor finds a limit at 0 and a base at 2, and Rust orders the fields of \
             `{name}` as it likes"
        ));
    };
    let (at, size) = DESCRIPTOR
        .into_iter()
        .map(|(at, size)| (start + at, size))
        .find(|&(at, size)| !is_told(layout, at, size))?;
    let after = layout.fields.iter().find(|field| field.offset > at);
    let there = match after {
        Some(field) => format!("the next field, `{}`, is at {}", field.name, field.offset),
        None => format!("no field begins there in its {} bytes", layout.size),
    };
    Some(format!(
        "the processor finds {size} bytes at {at}, where `{name}` has none of its own: {there}"
    ))
}

/// Whether fields fill these bytes, and one begins with the first.
fn is_told(layout: &Layout, at: u64, size: u64) -> bool {
    let is_plain_bytes = layout.fields.iter().all(|field| field.size == 1);
    let begins = is_plain_bytes || layout.field_at(at).is_some();
    begins && at + size <= layout.size && (at..at + size).all(|byte| !layout.is_padding(byte))
}

fn candidate(
    root: &RootFacts<'_>,
    seen: &Seen,
    pointee: &Pointee,
    (register, offset, bytes): (Register, i64, u16),
    wrong: Wrong,
) -> Candidate {
    Candidate {
        place: seen.place,
        cause: seen.place,
        block: seen.block,
        symptom: Symptom::PointeeAccess {
            register,
            offset,
            bytes,
        },
        at_most: None,
        message: format!(
            "`{}` accesses `{}` otherwise than it is declared",
            root.root.name, pointee.name
        ),
        label: format!("`{register}` points to it"),
        notes: [vec![wrong.what], root.declaration_note()].concat(),
        help: wrong.help,
    }
}
