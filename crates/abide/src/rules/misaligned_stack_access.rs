use super::{Candidate, Check, Decide, Doubt, Judgement, Level, RootFacts, Rule, Symptom};
use crate::inputs::Place;
use crate::interpret::{Base, Event, Value};
use crate::registers::Register;

/// The rule.
pub static RULE: Rule = Rule {
    id: "misaligned_stack_access",
    level: Level::Deny,
    page: include_str!("misaligned_stack_access.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for seen in root.events() {
        let Event::AlignedAccess {
            address,
            align,
            residue,
        } = seen.event
        else {
            continue;
        };
        match residue {
            Some(0) => {}
            Some(residue) => judgement.candidates.push(Candidate {
                place: seen.place,
                cause: seen.place,
                block: seen.block,
                symptom: Symptom::MisalignedAccess { align },
                at_most: None,
                message: format!(
                    "`{}` accesses its frame at an address that is not aligned",
                    root.root.name
                ),
                label: format!(
                    "this demands a multiple of {align}, and the address is {residue} modulo {align}"
                ),
                notes: vec!["the processor answers with a general protection fault".to_owned()],
                help: format!(
                    "use the unaligned form of the instruction at `{}`, or move the frame by {} \
                     more bytes",
                    root.name(seen.place),
                    u64::from(align) - residue
                ),
            }),
            None => judgement.doubts.push(Doubt {
                place: seen.place,
                class: "the alignment of a frame address",
                reason: format!(
                    "whether the address at `{}` is a multiple of {align} depends on a value that \
                     is not known",
                    root.name(seen.place)
                ),
                decide: vec![decide(root, seen.place, address, align)],
            }),
        }
    }
    judgement
}

/// What is known of the register that decides it, or of the address.
fn decide(root: &RootFacts<'_>, place: Place, address: Value, align: u8) -> Decide {
    match register_that_decides(root, address) {
        Some((register, factor)) => {
            // A factor has its own part in the alignment.
            let rest = u64::from(align) >> factor.trailing_zeros().min(7);
            Decide::Contract(format!("multiples = {{ {register} = {} }}", rest.max(2)))
        }
        None => Decide::Instruction {
            at: root.name(place),
            line: format!("aligned = {align}"),
        },
    }
}

/// The register of the entry that is added to an aligned address of the frame, if that is all.
fn register_that_decides(root: &RootFacts<'_>, address: Value) -> Option<(Register, i64)> {
    let parts = root.terms.parts(address.term).iter();
    let mut others = parts.filter(|&&(base, _)| root.terms.get(base) != Base::Frame);
    let &(base, factor) = others.next()?;
    let is_alone = others.next().is_none();
    match root.terms.get(base) {
        Base::Entry(register) if is_alone => Some((register, factor)),
        _ => None,
    }
}
