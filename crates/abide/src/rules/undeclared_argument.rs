use super::garbage::{Said, Source, Whence, uses};
use super::{Check, Judgement, Level, RootFacts, Rule, results};

pub(super) static RULE: Rule = Rule {
    id: "undeclared_argument",
    level: Level::Deny,
    page: include_str!("undeclared_argument.md"),
    never_unknown: None,
    check: Check::Declaration(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let mut judgement = Judgement {
        applies: root.contract.declares_arguments(),
        ..Judgement::default()
    };
    judgement.candidates = uses(root, |source, _| match source {
        Source::Undeclared(whence) => Some(said(root, *whence)),
        _ => None,
    });
    // A result that is computed from it is a use as well.
    for garbage in results::garbage(root) {
        let Source::Undeclared(whence) = garbage.source else {
            continue;
        };
        if garbage.is_unwritten {
            continue;
        }
        let said = said(root, whence);
        judgement.candidates.push(garbage.candidate(root, said));
    }
    judgement
}

fn said(root: &RootFacts<'_>, whence: Whence) -> Said {
    let name = &root.root.name;
    let declared = root.contract.declared.as_ref();
    let what = declared.map_or_else(String::new, |declared| declared.signature.to_string());
    Said {
        message: format!("`{name}` reads an argument in {whence} that its declaration has not"),
        notes: root.declaration_note(),
        help: format!(
            "add the parameter that {whence} holds to the declaration of `{name}`, now `{what}`"
        ),
    }
}
