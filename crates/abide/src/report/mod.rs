//! Results as text for people and for programs.

mod baseline;
pub mod crossings;
mod fingerprint;
mod frame;
mod github;
mod here;
mod json;
pub mod objdump;
mod printable;
pub mod record;
mod sarif;
pub mod schemas;
pub mod symbols;
mod table;
mod text;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::inputs::{Commented, SourceLine};
use crate::rules::{Finding, Level};

pub use baseline::{Baseline, Known, NoBaseline};
pub use github::github;
pub use json::json;
pub use sarif::sarif;
pub use text::{Style, text};

/// What a check found: the same for every format.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// What was looked at.
    pub unit: UnitSummary,
    /// In the order of rules, then of names.
    pub findings: Vec<Finding>,
    /// What was decided of each root, where contracts were judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contracts: Option<ContractSummary>,
    /// What assembly and the rest refer to in each other.
    pub crossings: Vec<crossings::Crossing>,
    /// Rules that had nothing to judge.
    pub not_applicable: Vec<NotApplicable>,
    /// What was found, and is in order by the user's own words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Suppressed>,
    /// What a baseline took out, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baselined>,
    /// What `abide.toml` says of nothing that was given, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What was given and not read, each a sentence.
    pub skipped: Vec<String>,
    /// The source in assembly that was looked through for suppressions.
    #[serde(skip)]
    pub commented: Commented,
}

/// What a baseline did.
#[derive(Debug, Serialize, Deserialize)]
pub struct Baselined {
    /// How many findings it knows, which are not told.
    pub known: usize,
    /// What it knows and no longer occurs; of several links, in the report of the last.
    pub gone: Vec<Known>,
}

/// A finding that is not told, since the user says that it is in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Suppressed {
    /// The rule.
    pub rule: Cow<'static, str>,
    /// The symbol.
    pub symbol: String,
    /// Why.
    pub reason: String,
    /// The comment, or the lines of `abide.toml`.
    pub line: SourceLine,
}

/// The roots and their verdicts. The numbers count pairs of a root and a rule.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ContractSummary {
    /// Pairs that hold on all paths.
    pub proved: usize,
    /// Pairs that a run violates.
    pub refuted: usize,
    /// Pairs that an abstract path violates.
    pub possible: usize,
    /// Pairs that were not decided.
    pub unknown: usize,
    /// What `abide.toml` declares, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declared: Vec<Declaration>,
    /// Each root.
    pub roots: Vec<RootReport>,
}

/// Something that `abide.toml` declares.
#[derive(Debug, Serialize, Deserialize)]
pub struct Declaration {
    /// Of what.
    pub of: String,
    /// Why.
    pub reason: String,
}

/// What was decided of a root.
#[derive(Debug, Serialize, Deserialize)]
pub struct RootReport {
    /// Its name.
    pub name: String,
    /// How it was found.
    pub derived: Cow<'static, str>,
    /// What tells that it is assembly.
    pub written: Cow<'static, str>,
    /// Whether it stands in an object that rustc made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_inside_rust: bool,
    /// For each rule, the verdict in a word.
    pub verdicts: BTreeMap<Cow<'static, str>, Cow<'static, str>>,
    /// What its proofs lean on.
    pub assumptions: Vec<String>,
    /// What is declared of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// What the configuration says of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// The link unit in numbers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct UnitSummary {
    /// What Cargo calls the link, in a Cargo project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
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
#[derive(Debug, Serialize, Deserialize)]
pub struct NotApplicable {
    /// The rule.
    pub rule: Cow<'static, str>,
    /// Why.
    pub reason: Cow<'static, str>,
}

impl Report {
    /// The number of findings at this level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        let at_level = |finding: &&Finding| finding.level == level;
        self.findings.iter().filter(at_level).count()
    }
}
