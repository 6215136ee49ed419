//! A proof record: what was decided, of what, by what; a later run can be held against it.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::here::Here;
use super::{Report, fingerprint, json};
use crate::rules::Level;

/// The version of the file: raised when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// What was decided, and all that it was made of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    abide_record: u32,
    /// What decided it.
    pub tool: Tool,
    /// The words of `cargo abide check`, in the directory that names are relative to.
    pub words: Vec<String>,
    /// What was read beside the objects: configuration, linker script, declarations, source.
    pub read: Vec<Hashed>,
    /// Each link.
    pub links: Vec<Link>,
}

/// The checker.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its version.
    pub version: String,
    /// The hash of its program.
    pub blake3: String,
}

/// Something that was read, and the hash of what it held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hashed {
    /// Its path, relative where it is below the current directory; a member as `archive(member)`.
    pub name: String,
    /// The hash.
    pub blake3: String,
}

/// One link: its objects, and what was decided of them.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What Cargo calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The objects in the linker's order.
    pub objects: Vec<Hashed>,
    /// What was found, suppressed or not.
    pub findings: Vec<Held>,
    /// Each root.
    pub roots: Vec<Root>,
}

/// A finding.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// The rule.
    pub rule: String,
    /// The symbol.
    pub symbol: String,
    /// Its cause, as a baseline has it; none of what is suppressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// What follows from it: `deny`, `warn`, or `suppressed`.
    pub level: String,
}

/// What was decided of a root.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// Its name.
    pub name: String,
    /// What is declared of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// For each rule, the verdict in a word.
    pub verdicts: BTreeMap<String, String>,
    /// What its proofs lean on.
    pub assumptions: Vec<String>,
}

/// Why a file is no record to go by. Each completes "the file …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoRecord {
    /// It is something else.
    #[error("is no proof record ({0}): `cargo abide check --record` writes one")]
    Foreign(String),
    /// It is of another version.
    #[error(
        "is a proof record of version {0}, and version {VERSION} is read: write it anew by \
         `cargo abide check --record`"
    )]
    Version(u64),
}

/// What a record held against a later one tells.
#[derive(Debug, Default)]
pub struct Comparison {
    /// What is otherwise, each a sentence.
    pub changes: Vec<String>,
    /// How many objects and files were compared.
    pub files: usize,
    /// How many verdicts were.
    pub verdicts: usize,
    /// Of how many roots.
    pub roots: usize,
}

impl Record {
    /// A record of what this tool decided by these words.
    #[must_use]
    pub fn new(tool: Tool, words: Vec<String>, read: Vec<Hashed>, links: Vec<Link>) -> Self {
        Self {
            abide_record: VERSION,
            tool,
            words,
            read: named_from_here(read),
            links,
        }
    }

    /// Reads the text of a record.
    ///
    /// # Errors
    /// It is none, or of another version.
    pub fn parse(text: &str) -> Result<Self, NoRecord> {
        let foreign = |error: serde_json::Error| NoRecord::Foreign(error.to_string());
        let value: serde_json::Value = serde_json::from_str(text).map_err(foreign)?;
        match value.get("abide_record").and_then(|v| v.as_u64()) {
            Some(version) if version != u64::from(VERSION) => Err(NoRecord::Version(version)),
            _ => serde_json::from_value(value).map_err(foreign),
        }
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        json::pretty(self)
    }

    /// What is otherwise in a later record; which program decided it is not asked.
    #[must_use]
    pub fn compare(&self, later: &Self) -> Comparison {
        let mut told = Comparison::default();
        told.files += files("", &self.read, &later.read, &mut told.changes);
        let name = |link: &Link| link.name.clone().unwrap_or_default();
        let [before, after] = [self, later].map(|record| numbered(&record.links, name));
        for (of, before, after) in both(&before, &after) {
            let of = match of.as_str() {
                "" => String::new(),
                name => format!("{name}: "),
            };
            match (before, after) {
                (Some(before), Some(after)) => before.compare(after, &of, &mut told),
                (Some(_), None) => told.changes.push(format!("{of}the link is gone")),
                (None, _) => told.changes.push(format!("{of}the link is new")),
            }
        }
        told
    }
}

impl Link {
    /// What a report says, with the objects that it was made of.
    #[must_use]
    pub fn new(report: &Report, objects: Vec<Hashed>) -> Self {
        let fingerprints = fingerprint::of(&report.findings);
        let found = report.findings.iter().zip(fingerprints);
        let found = found.map(|(finding, fingerprint)| Held {
            rule: finding.rule.to_owned(),
            symbol: finding.symbol.clone(),
            fingerprint: Some(fingerprint),
            level: match finding.level {
                Level::Deny => "deny".to_owned(),
                Level::Warn | Level::Allow => "warn".to_owned(),
            },
        });
        let suppressed = report.suppressed.iter().map(|suppressed| Held {
            rule: suppressed.rule.to_string(),
            symbol: suppressed.symbol.clone(),
            fingerprint: None,
            level: "suppressed".to_owned(),
        });
        let roots = report.contracts.iter().flat_map(|summary| &summary.roots);
        Self {
            name: report.unit.name.clone(),
            objects: named_from_here(objects),
            findings: found.chain(suppressed).collect(),
            roots: roots.map(Root::new).collect(),
        }
    }

    fn compare(&self, later: &Self, of: &str, told: &mut Comparison) {
        let changes = &mut told.changes;
        told.files += files(of, &self.objects, &later.objects, changes);
        let held = |held: &Held| format!("`{}` of `{}`", held.rule, held.symbol);
        let [before, after] = [self, later].map(|link| numbered(&link.findings, held));
        for (what, before, after) in both(&before, &after) {
            match (before, after) {
                (Some(before), Some(after)) if before == after => {}
                (Some(_), Some(_)) => changes.push(format!("{of}{what} is found otherwise")),
                (Some(_), None) => changes.push(format!("{of}{what} is found no longer")),
                (None, _) => changes.push(format!("{of}{what} is found now")),
            }
        }
        let [before, after] =
            [self, later].map(|link| numbered(&link.roots, |root: &Root| root.name.clone()));
        for (name, before, after) in both(&before, &after) {
            match (before, after) {
                (Some(before), Some(after)) => {
                    told.roots += 1;
                    told.verdicts += before.verdicts.len();
                    before.compare(after, &format!("{of}`{name}`"), changes);
                }
                (Some(_), None) => changes.push(format!("{of}`{name}` is no root any more")),
                (None, _) => changes.push(format!("{of}`{name}` is a new root")),
            }
        }
    }
}

impl Root {
    fn new(root: &super::RootReport) -> Self {
        let verdicts = root.verdicts.iter();
        Self {
            name: root.name.clone(),
            signature: root.signature.clone(),
            verdicts: verdicts
                .map(|(rule, verdict)| (rule.to_string(), verdict.to_string()))
                .collect(),
            assumptions: root.assumptions.clone(),
        }
    }

    fn compare(&self, later: &Self, of: &str, changes: &mut Vec<String>) {
        let [before, after] = [self, later].map(|root| {
            let verdicts = root.verdicts.iter();
            verdicts.map(|(rule, verdict)| (rule.clone(), verdict))
        });
        for (rule, before, after) in both(&before.collect(), &after.collect()) {
            let [before, after] =
                [before, after].map(|word| word.map_or("not judged", |word| word));
            if before != after {
                changes.push(format!("{of}: `{rule}` was {before}, and is {after}"));
            }
        }
        let [before, after] = [self, later].map(|root| root.signature.as_deref());
        if before != after {
            let [before, after] = [before, after].map(|one| one.unwrap_or("nothing"));
            changes.push(format!("{of} was declared as {before}, and is as {after}"));
        }
        if self.assumptions != later.assumptions {
            let [before, after] = [self, later].map(|root| root.assumptions.join(", "));
            changes.push(format!("{of} leaned on {before}, and leans on {after}"));
        }
    }
}

/// Tells which of the files are otherwise, and how many there were.
fn files(of: &str, before: &[Hashed], after: &[Hashed], changes: &mut Vec<String>) -> usize {
    let found = changes.len();
    let [old, new] = [before, after].map(|files| numbered(files, |file| file.name.clone()));
    for (name, before, after) in both(&old, &new) {
        match (before, after) {
            (Some(before), Some(after)) if before == after => {}
            (Some(_), Some(_)) => changes.push(format!("{of}`{name}` is not what it was")),
            (Some(_), None) => changes.push(format!("{of}`{name}` is gone")),
            (None, _) => changes.push(format!("{of}`{name}` is new")),
        }
    }
    if changes.len() == found && before != after {
        changes.push(format!("{of}the files are in another order"));
    }
    before.len()
}

/// By name; those of one name are counted.
fn numbered<T>(all: &[T], name: impl Fn(&T) -> String) -> BTreeMap<String, &T> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let number = |one| {
        let name = name(one);
        let number = seen.entry(name.clone()).or_default();
        *number += 1;
        match number {
            1 => (name, one),
            number => (format!("{name} #{number}"), one),
        }
    };
    all.iter().map(number).collect()
}

/// What is under each name in two maps.
fn both<'a, T: Copy>(
    before: &'a BTreeMap<String, T>,
    after: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a String, Option<T>, Option<T>)> {
    let new = after.iter().filter(|(name, _)| !before.contains_key(*name));
    let old = before.iter();
    old.map(|(name, &one)| (name, Some(one), after.get(name).copied()))
        .chain(new.map(|(name, &one)| (name, None, Some(one))))
}

fn named_from_here(mut files: Vec<Hashed>) -> Vec<Hashed> {
    let here = Here::new();
    for file in &mut files {
        file.name = here.shown(&file.name);
    }
    files
}
