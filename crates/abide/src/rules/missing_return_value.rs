use super::garbage::{Said, Source};
use super::results::{self, Garbage};
use super::{Candidate, Check, Judgement, Level, RootFacts, Rule};

pub(super) static RULE: Rule = Rule {
    id: "missing_return_value",
    level: Level::Deny,
    page: include_str!("missing_return_value.md"),
    never_unknown: None,
    check: Check::Declaration(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let declared = root.contract.declared.as_ref();
    let garbage = results::garbage(root).into_iter();
    let own = garbage.filter(|garbage| {
        // What is computed from arguments that are none is told by the rules about those.
        matches!(garbage.source, Source::Entry(_) | Source::Call(..))
            || matches!(garbage.source, Source::Undeclared(_)) && garbage.is_unwritten
    });
    Judgement {
        applies: declared.is_some_and(|declared| !declared.results.is_empty()),
        left_out: root.leads_elsewhere(),
        candidates: own.map(|garbage| candidate(root, &garbage)).collect(),
        ..Judgement::default()
    }
}

fn candidate(root: &RootFacts<'_>, garbage: &Garbage) -> Candidate {
    let name = &root.root.name;
    let Garbage { register, bits, .. } = garbage;
    let declared = root.contract.declared.as_ref();
    let what = declared.map_or_else(String::new, |declared| declared.signature.to_string());
    let message = match garbage.is_unwritten {
        true => format!("`{name}` returns without a result in `{register}`"),
        false => format!("`{name}` returns a result that has garbage in it"),
    };
    let said = Said {
        message,
        notes: [
            vec![format!(
                "it is declared as `{what}`: its caller takes the low {bits} bits of `{register}`"
            )],
            root.declaration_note(),
        ]
        .concat(),
        help: format!(
            "write all {bits} bits of `{register}` on every way to the return at `{}`, or correct \
             the declaration",
            root.name(garbage.place)
        ),
    };
    garbage.candidate(root, said)
}
