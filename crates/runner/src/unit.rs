//! All roots of one unit, decided and run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use abide::inputs::{self, Image};
use abide::project::{self, Project, Unit};

use crate::children::{Wanted, run_unit};
use crate::link::Linked;
use crate::report::Report;
use crate::run::Runner;

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
    let unit = judge(files, project)?;
    let linked = Linked::new(&unit.image);
    let mut runner = Runner::new(&linked, wanted.runs).ok_or("failed to map the image")?;
    Ok(run_unit(&unit, &linked, &mut runner, wanted))
}

/// Decides the roots of files.
pub(crate) fn judge(
    files: &[PathBuf],
    project: &Project,
) -> Result<Unit, Box<dyn std::error::Error>> {
    let mut objects = Vec::new();
    for file in files {
        objects.extend(inputs::read(file)?);
    }
    let image = Image::new(objects);
    Ok(project::judge_unit(image, project, &project.signatures)?)
}
