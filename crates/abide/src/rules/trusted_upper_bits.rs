use super::garbage::{Said, Source, Whence, uses};
use super::{Check, Judgement, Level, RootFacts, Rule, results};
use crate::contracts::{Held, Piece};

/// The rule, which the strict profile tells more by.
pub static RULE: Rule = Rule {
    id: "trusted_upper_bits",
    level: Level::Deny,
    page: include_str!("trusted_upper_bits.md"),
    never_unknown: None,
    check: Check::Declaration(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.contract.declared.is_some(),
        ..Judgement::default()
    };
    judgement.candidates = uses(root, |source, at| match source {
        Source::Above(whence) => said(root, *whence, at),
        _ => None,
    });
    for garbage in results::garbage(root) {
        if let Source::Above(whence) = garbage.source
            && let Some(said) = said(root, whence, &root.name(garbage.place))
        {
            judgement.candidates.push(garbage.candidate(root, said));
        }
    }
    judgement
}

/// The narrow argument that is held there.
fn narrow<'a>(root: &'a RootFacts<'_>, whence: Whence) -> Option<&'a Piece> {
    let declared = root.contract.declared.as_ref()?;
    declared
        .arguments
        .iter()
        .find(|piece| match (piece.held, whence) {
            (Held::Register(held), Whence::Register(register)) => held == register,
            (Held::Stack(start), Whence::Stack(offset)) => {
                i64::from(start) + root.contract.word() == offset
            }
            _ => false,
        })
}

fn said(root: &RootFacts<'_>, whence: Whence, at: &str) -> Option<Said> {
    let name = &root.root.name;
    let piece = narrow(root, whence)?;
    let declared = root.contract.declared.as_ref()?;
    let parameter = declared.parameter_text(piece);
    let bits = piece.defined_bits();
    Some(Said {
        message: format!("`{name}` relies on bits of {whence} that its caller need not set"),
        notes: [
            vec![format!(
                "{parameter} is declared: its caller defines the low {bits} bits of {whence} and \
                 leaves the others as they are"
            )],
            root.declaration_note(),
        ]
        .concat(),
        help: format!(
            "extend {whence} to {word} bits before `{at}`, or declare a parameter of {word} bits",
            word = root.contract.convention.set.bits()
        ),
    })
}
