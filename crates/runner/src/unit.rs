//! All roots of one unit, decided and run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use abide::inputs::{self, Image};
use abide::interpret::Calls;
use abide::project::{self, Project, RootVerdicts, Verdict};

use crate::coverage::{Surveyor, Visited};
use crate::entry::Seed;
use crate::link::Linked;
use crate::outcome::{Breach, Outcome};
use crate::report::Report;
use crate::run::{Runner, Wanted};
use crate::watch::Watch;

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was linked, for this system.
    Linked,
    /// What was assembled for Windows.
    Windows,
}

/// The units below a directory, by name: those with a list of their files.
///
/// # Errors
///
/// If the directory cannot be read.
pub fn units(corpus: &Path, kind: Kind) -> std::io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(corpus)? {
        let entry = entry?;
        let unit = entry.path().join(match kind {
            Kind::Linked => "unit",
            Kind::Windows => "windows",
        });
        if unit.join("unit.txt").is_file() {
            found.push((entry.file_name().to_string_lossy().into_owned(), unit));
        }
    }
    found.sort();
    Ok(found)
}

/// The files of a unit, in link order.
///
/// # Errors
///
/// If their list cannot be read.
pub fn files(unit: &Path) -> std::io::Result<Vec<PathBuf>> {
    let list = std::fs::read_to_string(unit.join("unit.txt"))?;
    Ok(list.lines().map(|name| unit.join(name)).collect())
}

/// The roots that are named: for Windows, where nothing is linked, those that the entry has on Linux,
/// as far as the files define them.
///
/// # Errors
///
/// If the list of roots or the files cannot be read.
pub fn roots(
    unit: &Path,
    kind: Kind,
    files: &[PathBuf],
) -> Result<HashSet<String>, Box<dyn std::error::Error>> {
    if kind == Kind::Linked {
        return Ok(HashSet::new());
    }
    let mut defined = HashSet::new();
    for file in files {
        let objects = inputs::read(file)?;
        let symbols = objects.into_iter().flat_map(|object| object.symbols);
        let definitions = symbols.filter(inputs::link::is_definition);
        defined.extend(definitions.map(|symbol| symbol.name));
    }
    let list = std::fs::read_to_string(unit.with_file_name("roots.txt"))?;
    let names = list
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1));
    let names = names.filter(|name| defined.contains(*name));
    Ok(names.map(str::to_owned).collect())
}

/// Decides the roots of files, and runs those that are proved or refuted.
///
/// # Errors
///
/// If the files cannot be read, or hold no root.
pub fn run(
    files: &[PathBuf],
    project: &Project,
    wanted: Wanted,
) -> Result<Report, Box<dyn std::error::Error>> {
    let mut objects = Vec::new();
    for file in files {
        objects.extend(inputs::read(file)?);
    }
    let unit = project::judge_unit(Image::new(objects), project, &project.signatures)?;
    let linked = Linked::new(&unit.image);
    let mut runner = Runner::new(&linked, wanted.runs).ok_or("failed to map the image")?;
    let mut report = Report::default();
    let mut surveyor = Surveyor::new(&unit.image, &unit.roots);
    let mut visited = Visited::default();
    for found in unit.roots.iter().filter(|found| found.is_decided()) {
        runner.convention = found.contract.convention;
        let own = surveyor.survey(found, Calls::ByContract);
        let mut expected = surveyor.survey(found, Calls::Followed);
        expected.merge(own.clone());
        let watch = Watch::new(&linked, &expected);
        let mut runs = runner.run(found.root.place, wanted);
        if found.is_proved() {
            runner.follow(found.root.place, &mut runs, &watch, wanted.followed);
            visited.merge(own);
        } else {
            show(&mut runner, found, wanted, &mut runs);
        }
        report.add(&linked, found, &watch, &runs);
    }
    report.coverage = visited.covered(&linked, runner.notes());
    Ok(report)
}

/// So many times as many runs are made of a function that is refuted.
const MOST_ROUNDS: u64 = 32;

/// Runs a refuted function until each of its violations has shown, within bounds.
fn show(
    runner: &mut Runner<'_>,
    found: &RootVerdicts,
    wanted: Wanted,
    runs: &mut Vec<(Seed, Outcome)>,
) {
    for round in 1..MOST_ROUNDS {
        let shown = |rule: &str| {
            let mut breaches = runs.iter().filter_map(|(_, outcome)| outcome.breach);
            breaches.any(|breach| breach.rule() == rule)
        };
        if refuted(found).filter(|rule| Breach::shows(rule)).all(shown) {
            return;
        }
        let seed = wanted.seed.wrapping_add(round << 32);
        runs.extend(runner.run(found.root.place, Wanted { seed, ..wanted }));
    }
}

/// The rules that a root was refuted by.
fn refuted(found: &RootVerdicts) -> impl Iterator<Item = &'static str> {
    found
        .verdicts
        .iter()
        .filter_map(|(rule, verdict)| matches!(verdict, Verdict::Refuted(_)).then_some(rule.id))
}
