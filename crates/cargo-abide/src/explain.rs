//! `cargo abide explain`.

use abide::rules;

use crate::arguments::Explain;
use crate::{Outcome, print};

pub(crate) fn run(arguments: &Explain) -> anyhow::Result<Outcome> {
    let text = match arguments.rule {
        Some(rule) => rule.page.to_owned(),
        None => rules::ALL.iter().map(|rule| line(rule)).collect(),
    };
    print(text.as_bytes())?;
    Ok(Outcome::Kept)
}

fn line(rule: &rules::Rule) -> String {
    format!(
        "{:5}  {:18}  {}\n",
        rule.level.to_string(),
        rule.id,
        rule.summary()
    )
}
