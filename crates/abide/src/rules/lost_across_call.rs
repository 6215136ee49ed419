use super::garbage::{Said, Source, uses};
use super::{Check, Judgement, Level, RootFacts, Rule};

pub(super) static RULE: Rule = Rule {
    id: "lost_across_call",
    level: Level::Deny,
    page: include_str!("lost_across_call.md"),
    never_unknown: None,
    check: Check::Contract(check),
};

fn check(root: &RootFacts<'_>) -> Judgement {
    let candidates = uses(root, |source, _| match source {
        Source::Call(register, call) => Some(Said {
            message: format!(
                "`{}` uses `{register}` after a call that may change it",
                root.root.name
            ),
            notes: Vec::new(),
            help: format!(
                "save `{register}` before the call at `{}`, or keep the value in a register that \
                 calls preserve",
                root.name(*call)
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
