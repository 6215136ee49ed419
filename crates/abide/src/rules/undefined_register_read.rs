use super::garbage::{Said, Source, uses};
use super::{Check, Judgement, Level, RootFacts, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "undefined_register_read",
    level: Level::Deny,
    page: include_str!("undefined_register_read.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let candidates = uses(root, |source, at| match source {
        Source::Entry(register) => Some(Said {
            message: format!(
                "`{}` depends on what `{register}` holds at its entry",
                root.root.name
            ),
            notes: Vec::new(),
            help: format!(
                "set `{register}` before `{at}`, or declare in `abide.toml` that it is an argument"
            ),
        }),
        _ => None,
    });
    Judgement {
        candidates,
        doubts: Vec::new(),
        ..Judgement::default()
    }
}
