//! The public corpus: real crates, built as their users build them, and what abide decides there.
//!
//! Data moves one way: [`entry`] (a project in the repo) → [`build`] and [`linker`] (what its
//! link put together) → [`mod@unit`] (read back) → [`assembly`], [`roots`], [`archive`],
//! [`objdump`], [`outcome`], [`expectations`] (measured) → [`table`] and [`index`] (written).

mod archive;
mod assembly;
mod build;
mod debian;
mod entry;
mod expectations;
mod i386;
mod index;
pub(crate) mod linker;
mod measure;
pub(crate) mod objdump;
mod outcome;
pub(crate) mod place;
mod roots;
mod shipped;
mod table;
mod unit;
mod windows;

use std::collections::HashSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use abide::inputs::Object;
use anyhow::{Result, bail};

pub(crate) use entry::Entry;
use expectations::Expectations;
use measure::Row;
use outcome::{Outcome, Refuted};
use place::Set;
pub(crate) use shipped::{Written, directory};

/// Without an option: build what is missing, check, and print the table.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Build only, also what stands already.
    #[arg(long, conflicts_with = "table")]
    build: bool,
    /// Print only: nothing is built, and what is missing is said.
    #[arg(long)]
    table: bool,
    /// Build what is missing and count: nothing is checked, so that what is unseen stays so.
    #[arg(long, conflicts_with_all = ["build", "table"])]
    count: bool,
    /// What the entries' assembly is on Windows, by Microsoft's convention.
    #[arg(long, conflicts_with = "build")]
    windows: bool,
    /// What the entries' assembly is for 32-bit x86.
    #[arg(long, conflicts_with_all = ["build", "windows"])]
    i386: bool,
    /// Only this entry; may be given several times.
    #[arg(long = "crate", value_name = "NAME")]
    names: Vec<String>,
    /// Which directory under corpus/.
    #[arg(long, value_enum, default_value_t = Set::Crates)]
    set: Set,
}

/// What is done with what is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// Bytes and roots are counted.
    Count,
    /// The checker decides, too.
    Check,
}

impl Options {
    fn task(&self) -> Task {
        match self.count {
            true => Task::Count,
            false => Task::Check,
        }
    }
}

/// Does what the options say; a row that could not be made is told, and the others are printed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let entries = choose(options.set, &options.names)?;
    if options.windows || options.i386 {
        let (rows, failures) = match options.i386 {
            true => i386::rows(&entries, options.task())?,
            false => windows::rows(&entries, options.task())?,
        };
        let _ = std::io::stdout().write_all(table::render(&rows).as_bytes());
        return Ok(ExitCode::from(tell(&rows, &failures)));
    }
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for entry in &entries {
        match row(entry, options) {
            Ok(row) => rows.extend(row),
            Err(error) => failures.push(format!("{}: {error:#}", entry.name)),
        }
    }
    index::assemble(options.set)?;
    // A reader that has seen enough, as `head` has, is no error.
    let _ = std::io::stdout().write_all(table::render(&rows).as_bytes());
    Ok(ExitCode::from(tell(&rows, &failures)))
}

/// Tells what went wrong; the exit code is as everywhere in abide.
fn tell(rows: &[Row], failures: &[String]) -> u8 {
    let mut code = 0;
    for row in rows {
        for complaint in &row.complaints {
            eprintln!("error: {}: {complaint}", row.name);
            code = 1;
        }
    }
    for failure in failures {
        eprintln!("error: {failure}");
        code = 2;
    }
    code
}

/// Objects that are judged together, for other chores.
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) objects: Vec<Object>,
    /// The roots that are named, beside those that the objects tell.
    pub(crate) roots: HashSet<String>,
}

/// What of each entry was assembled for Windows; what has nothing is left out.
pub(crate) fn units_for_windows(names: &[String]) -> Result<Vec<Unit>> {
    windows::units(&choose(Set::Crates, names)?)
}

/// The objects of each entry's link, for other chores; what is not built is left out.
pub(crate) fn units(names: &[String]) -> Result<Vec<Unit>> {
    let entries = choose(Set::Crates, names)?;
    let built = entries
        .iter()
        .filter(|entry| entry.unit().join(linker::LIST).is_file());
    built
        .map(|entry| {
            let unit = unit::LinkUnit::read(&entry.unit())?;
            Ok(Unit {
                name: entry.name.clone(),
                objects: unit.objects().cloned().collect(),
                roots: HashSet::new(),
            })
        })
        .collect()
}

/// Each entry's assembly for 32-bit x86, as far as it keeps the platform's convention.
pub(crate) fn units_of_i386(names: &[String]) -> Result<Vec<Unit>> {
    i386::units(&choose(Set::Crates, names)?)
}

/// The entries of that name, or all of them.
pub(crate) fn entries(names: &[String]) -> Result<Vec<Entry>> {
    choose(Set::Crates, names)
}

/// The files of a built release of a pair that carry assembly or refer to it.
pub(crate) fn files_of_release(name: &str) -> Result<Vec<PathBuf>> {
    let entries = choose(Set::Pairs, &[name.to_owned()])?;
    let files = entries.iter().map(index::files);
    Ok(files.collect::<Result<Vec<_>>>()?.concat())
}

/// The object that a source of a pair's release makes for Windows.
pub(crate) fn assembled_for_windows(
    name: &str,
    source: &str,
    flags: &[String],
    config: Option<&Written>,
) -> Result<Vec<PathBuf>> {
    let entries = choose(Set::Pairs, &[name.to_owned()])?;
    let files = entries
        .iter()
        .map(|entry| windows::one(entry, source, flags, config));
    Ok(files.collect::<Result<Vec<_>>>()?.concat())
}

/// The same for 32-bit x86.
pub(crate) fn assembled_for_i386(
    name: &str,
    source: &str,
    flags: &[String],
) -> Result<Vec<PathBuf>> {
    let entries = choose(Set::Pairs, &[name.to_owned()])?;
    let files = entries.iter().map(|entry| i386::one(entry, source, flags));
    Ok(files.collect::<Result<Vec<_>>>()?.concat())
}

/// A sentence for each difference between what is refuted of an entry's declarations (a symbol and
/// a rule) and what is expected.
pub(crate) fn unexpected_of(
    declared: &str,
    entry: &Entry,
    refuted: Vec<(String, String)>,
) -> Result<Vec<String>> {
    let expected = Expectations::of(&format!("{declared}/{}", entry.name))?;
    let refuted = refuted.into_iter();
    let outcome = Outcome {
        refuted: refuted
            .map(|(symbol, rule)| Refuted { symbol, rule })
            .collect(),
        ..Outcome::default()
    };
    Ok(expected.complaints(&outcome))
}

fn choose(set: Set, names: &[String]) -> Result<Vec<Entry>> {
    let mut entries = entry::all(set)?;
    if let Some(unknown) = names
        .iter()
        .find(|name| entries.iter().all(|entry| entry.name != **name))
    {
        bail!(
            "no entry is named {unknown:?}; each is a directory under {}",
            set.projects().display()
        );
    }
    if !names.is_empty() {
        entries.retain(|entry| names.contains(&entry.name));
    }
    Ok(entries)
}

fn row(entry: &Entry, options: &Options) -> Result<Option<Row>> {
    if options.build || !options.table && !build::is_current(entry) {
        build::build(entry)?;
    }
    if options.build {
        return Ok(None);
    }
    match options.task() {
        Task::Count => measure::count(entry),
        Task::Check => measure::measure(entry),
    }
    .map(Some)
}
