use super::facts::Facts;
use super::{Check, Level, Outcome, Rule};

/// What reports suppressions that suppress nothing.
pub static RULE: Rule = Rule {
    id: "needless_suppression",
    level: Level::Warn,
    page: include_str!("needless_suppression.md"),
    never_unknown: Some("a suppression of what is not known is left alone"),
    check: Check::Names(check),
};

/// It says nothing of its own: what the other rules found tells which suppressions are needed.
fn check(_: &Facts<'_>) -> Outcome {
    Outcome::Judged(Vec::new())
}
