//! Results as text for people and for programs.

mod json;
pub mod objdump;
pub mod symbols;
mod text;

use serde::Serialize;

use crate::rules::{Finding, Level};

pub use json::json;
pub use text::{Style, text};

/// What a check found: the same for every format.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// What was looked at.
    pub unit: UnitSummary,
    /// In the order of rules, then of names.
    pub findings: Vec<Finding>,
    /// Rules that had nothing to judge.
    pub not_applicable: Vec<NotApplicable>,
    /// What was given and not read, each a sentence.
    pub skipped: Vec<String>,
}

/// The link unit in numbers.
#[derive(Debug, Default, Serialize)]
pub struct UnitSummary {
    /// Objects that join the link.
    pub objects: usize,
    /// Members of archives that do not.
    pub left_out: usize,
    /// Programs and shared objects.
    pub images: usize,
    /// Whether nothing else joins the link.
    pub complete: bool,
    /// Its entry.
    pub entry: Option<String>,
}

/// A rule that had nothing to judge.
#[derive(Debug, Serialize)]
pub struct NotApplicable {
    /// The rule.
    pub rule: &'static str,
    /// Why.
    pub reason: &'static str,
}

impl Report {
    /// The number of findings at this level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        let at_level = |finding: &&Finding| finding.level == level;
        self.findings.iter().filter(at_level).count()
    }
}
