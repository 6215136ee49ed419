//! One entry → one row of the table.

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
    /// What the checker decided, once it can.
    pub(crate) outcome: Option<Outcome>,
    /// Where it differs from what is expected of the entry.
    pub(crate) complaints: Vec<String>,
    /// The time of `objdump -d` over the assembled objects, if there are any.
    pub(crate) objdump: Option<Duration>,
}

impl Row {
    /// How many roots there are.
    pub(crate) fn roots(&self) -> usize {
        self.from_rust + self.from_c
    }
}

/// Reads the entry's unit and measures it.
pub(crate) fn measure(entry: &Entry) -> Result<Row> {
    let unit = LinkUnit::read(&entry.unit())?;
    let roots = Roots::of(&unit);
    let outcome = outcome::check(&unit::paths(&entry.unit())?);
    let complaints = match &outcome {
        Some(outcome) => Expectations::of(&entry.name)?.complaints(outcome),
        None => Vec::new(),
    };
    let archive = archive::write(&unit, &entry.work)?;
    index::write(entry, &unit, archive.as_deref(), &roots)?;
    Ok(Row {
        name: entry.name.clone(),
        version: entry.version.clone(),
        size: unit.objects().map(assembly::size).sum(),
        from_rust: roots.from_rust.len(),
        from_c: roots.from_c.len(),
        not_referred_to: roots.not_referred_to.len(),
        of_unknown_language: unit.objects().filter(|o| is_of_unknown_language(o)).count(),
        outcome,
        complaints,
        objdump: archive.as_deref().map(objdump::time).transpose()?,
    })
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
