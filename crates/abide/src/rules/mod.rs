//! The rules: one file each, its page beside it. A rule reads facts and returns findings.

mod duplicate_symbol;
mod executable_stack;
pub mod facts;
mod finding;
mod foreign_object;
mod level;
mod text_relocation;
mod undefined_symbol;
mod untyped_symbol;
mod wrong_visibility;

pub use facts::Facts;
pub use finding::{Finding, Location, ObjectPlace};
pub use level::{Level, Levels};

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, which reads well after "allow".
    pub id: &'static str,
    /// Its level, unless the user chooses another.
    pub level: Level,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// Why it never ends in *unknown*; `None` where it may.
    pub never_unknown: Option<&'static str>,
    check: fn(&Facts<'_>) -> Outcome,
}

/// What a rule says of a link unit.
#[derive(Debug)]
pub enum Outcome {
    /// It was judged; no findings mean that the rule is kept. Their level is set by [`Rule::check`].
    Judged(Vec<Finding>),
    /// There is nothing that the rule could judge, for this reason.
    NotApplicable(&'static str),
}

/// Every rule, by name.
pub static ALL: &[&Rule] = &[
    &duplicate_symbol::RULE,
    &executable_stack::RULE,
    &foreign_object::RULE,
    &text_relocation::RULE,
    &undefined_symbol::RULE,
    &untyped_symbol::RULE,
    &wrong_visibility::RULE,
];

/// Why rules about the input of a link do not apply to linked images.
const NO_OBJECTS: &str = "no object to be linked was given";

/// Why most *Names* rules never end in *unknown*.
const TABLES_DECIDE: &str = "symbol tables and section headers decide it";

impl Rule {
    /// Judges the unit at the given level.
    #[must_use]
    pub fn check(&self, facts: &Facts<'_>, level: Level) -> Outcome {
        let mut outcome = (self.check)(facts);
        if let Outcome::Judged(findings) = &mut outcome {
            for finding in findings {
                finding.level = level;
            }
        }
        outcome
    }

    /// What it does: the first sentence of its page.
    #[must_use]
    pub fn summary(&self) -> String {
        let (_, text) = self
            .page
            .split_once("## What it does\n")
            .unwrap_or_default();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (sentence, _) = text.split_once(". ").unwrap_or((&text, ""));
        sentence.to_owned()
    }

    /// A finding of this rule, still without places and notes.
    fn finding(&self, symbol: &str, message: String, help: String) -> Finding {
        Finding {
            rule: self.id,
            level: self.level,
            symbol: symbol.to_owned(),
            message,
            places: Vec::new(),
            path: Vec::new(),
            notes: Vec::new(),
            help,
        }
    }
}

/// The rule of that name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

/// The rules whose names are nearest to `id`, the nearest first.
#[must_use]
pub fn nearest(id: &str) -> Option<&'static Rule> {
    let distance = |rule: &&&Rule| strsim::damerau_levenshtein(rule.id, id);
    ALL.iter().min_by_key(distance).copied()
}
