//! All roots of one unit, decided and run.

use std::path::{Path, PathBuf};

use abide::contracts::Configuration;
use abide::conventions::CDECL;
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
    /// What was assembled for 32-bit x86.
    Narrow,
}

/// What `cargo xtask corpus --i386` has left of an entry beside its objects: the convention, and behind
/// it the roots, one a line.
const ROOTS: &str = "roots.txt";

/// The units below a directory, by name: those with a list of their files.
///
/// # Errors
///
/// If the directory cannot be read.
pub fn units(corpus: &Path, kind: Kind) -> std::io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(corpus)? {
        let entry = entry?;
        let (unit, list) = match kind {
            Kind::Linked => ("unit", "unit.txt"),
            Kind::Windows => ("windows", "unit.txt"),
            Kind::Narrow => ("i386", ROOTS),
        };
        let unit = entry.path().join(unit);
        if unit.join(list).is_file() {
            found.push((entry.file_name().to_string_lossy().into_owned(), unit));
        }
    }
    found.sort();
    Ok(found)
}

/// The files of a unit, in link order, and what is asked of them.
///
/// # Errors
///
/// If a list or a file cannot be read, or no run can be entered by the unit's convention.
pub fn project(
    unit: &Path,
    kind: Kind,
) -> Result<(Vec<PathBuf>, Project), Box<dyn std::error::Error>> {
    match kind {
        Kind::Linked => Ok((listed(unit)?, Project::default())),
        Kind::Windows => {
            let roots = std::fs::read_to_string(unit.join(ROOTS))?;
            let project = Project {
                roots: roots.lines().map(str::to_owned).collect(),
                ..Project::default()
            };
            Ok((listed(unit)?, project))
        }
        Kind::Narrow => narrow(unit),
    }
}

fn listed(unit: &Path) -> std::io::Result<Vec<PathBuf>> {
    let list = std::fs::read_to_string(unit.join("unit.txt"))?;
    Ok(list.lines().map(|name| unit.join(name)).collect())
}

/// The objects of an entry's 32-bit code, and its roots, which are by cdecl.
fn narrow(unit: &Path) -> Result<(Vec<PathBuf>, Project), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(unit.join(ROOTS))?;
    let mut lines = text.lines().map(str::to_owned);
    let convention = lines.next().ok_or("no convention is named")?;
    if convention != CDECL.name {
        return Err(format!("its convention is {convention}").into());
    }
    let project = Project {
        roots: lines.collect(),
        configuration: Configuration {
            convention: Some(convention),
            ..Configuration::default()
        },
        ..Project::default()
    };
    let mut files: Vec<_> = std::fs::read_dir(unit)?
        .map(|file| file.map(|file| file.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "o"));
    files.sort();
    Ok((files, project))
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
fn judge(files: &[PathBuf], project: &Project) -> Result<Unit, Box<dyn std::error::Error>> {
    let mut objects = Vec::new();
    for file in files {
        objects.extend(inputs::read(file)?);
    }
    let image = Image::new(objects);
    Ok(project::judge_unit(image, project, &project.signatures)?)
}
