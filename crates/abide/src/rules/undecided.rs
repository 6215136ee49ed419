use super::{Check, Judgement, Level, RootFacts, Rule};

/// What reports that a rule could not be decided for a root.
pub static RULE: Rule = Rule {
    id: "undecided",
    level: Level::Warn,
    page: include_str!("undecided.md"),
    never_unknown: Some("it is what reports that something is not known"),
    check: Check::Contract(check),
};

/// It says nothing of its own: the other rules' doubts are reported by its name.
fn check(_: &RootFacts<'_>) -> Judgement {
    Judgement::default()
}
