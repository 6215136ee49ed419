//! One entry → one row of the table.

use std::path::PathBuf;
use std::time::Duration;

use abide::inputs::{Language, Object};
use anyhow::Result;

use super::entry::Entry;
use super::expectations::Expectations;
use super::outcome::{self, Outcome};
use super::roots::Roots;
use super::unit::LinkUnit;
use super::{archive, assembly, index, objdump, unit};

/// What is printed about an entry.
pub(crate) struct Row {
    /// The entry's name.
    pub(crate) name: String,
    /// The crate's version.
    pub(crate) version: String,
    /// Bytes of assembly.
    pub(crate) size: u64,
    /// Roots to which Rust refers.
    pub(crate) from_rust: usize,
    /// Roots to which only C refers.
    pub(crate) from_c: usize,
    /// Exported names in assembly that are no roots, for nothing else refers to them.
    pub(crate) not_referred_to: usize,
    /// Objects with code of which no trace tells whether they were assembled.
    pub(crate) of_unknown_language: usize,
    /// What the checker decided, where it was asked and could.
    pub(crate) outcome: Option<Outcome>,
    /// Where it differs from what is expected of the entry.
    pub(crate) complaints: Vec<String>,
    /// Refutations that are known to be false.
    pub(crate) false_alarms: usize,
    /// The time of `objdump -d` over the assembled objects, if there are any.
    pub(crate) objdump: Option<Duration>,
}

impl Row {
    /// How many roots there are.
    pub(crate) fn roots(&self) -> usize {
        self.from_rust + self.from_c
    }

    /// Takes in what was decided, and how it compares with what is expected.
    pub(super) fn hold(&mut self, outcome: Outcome, expected: &Expectations) {
        self.complaints = expected.complaints(&outcome);
        self.false_alarms = expected.false_alarms(&outcome);
        self.outcome = Some(outcome);
    }
}

/// Reads the entry's unit, counts, and asks the checker nothing.
pub(crate) fn count(entry: &Entry) -> Result<Row> {
    Ok(counted(entry)?.0)
}

/// Reads the entry's unit and measures it.
pub(crate) fn measure(entry: &Entry) -> Result<Row> {
    let (mut row, archive) = counted(entry)?;
    if let Some(outcome) = outcome::check(&unit::paths(&entry.unit())?) {
        row.hold(outcome, &Expectations::of(&entry.name)?);
    }
    row.objdump = archive.as_deref().map(objdump::time).transpose()?;
    Ok(row)
}

/// What is known without the checker, and the archive of the assembled objects.
fn counted(entry: &Entry) -> Result<(Row, Option<PathBuf>)> {
    let unit = LinkUnit::read(&entry.unit())?;
    let roots = Roots::of(&unit);
    let archive = archive::write(&unit, &entry.work)?;
    index::write(entry, &unit, archive.as_deref(), &roots)?;
    let row = Row {
        name: entry.name.clone(),
        version: entry.version.clone(),
        size: unit.objects().map(assembly::size).sum(),
        from_rust: roots.from_rust.len(),
        from_c: roots.from_c.len(),
        not_referred_to: roots.not_referred_to.len(),
        of_unknown_language: unit.objects().filter(|o| is_of_unknown_language(o)).count(),
        outcome: None,
        complaints: Vec::new(),
        false_alarms: 0,
        objdump: None,
    };
    Ok((row, archive))
}

fn is_of_unknown_language(object: &Object) -> bool {
    let has_code = || {
        object
            .sections
            .iter()
            .any(|s| s.flags.execute && s.size > 0)
    };
    object.language == Language::Unknown && has_code()
}
