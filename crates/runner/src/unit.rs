//! All roots of one unit, decided and run.

use std::path::{Path, PathBuf};

use abide::inputs::{self, Image};
use abide::interpret::Calls;
use abide::project::{self, Project};

use crate::coverage::{Surveyor, Visited};
use crate::link::Linked;
use crate::report::Report;
use crate::run::{Runner, Wanted};
use crate::watch::Watch;

/// The units below a directory, by name: those with a list of their files.
///
/// # Errors
///
/// If the directory cannot be read.
pub fn units(corpus: &Path) -> std::io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(corpus)? {
        let entry = entry?;
        let unit = entry.path().join("unit");
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
    let unit = project::judge_unit(Image::new(objects), project)?;
    let linked = Linked::new(&unit.image);
    let mut runner = Runner::new(&linked, wanted.runs).ok_or("failed to map the image")?;
    let mut report = Report::default();
    let mut surveyor = Surveyor::new(&unit.image, &unit.roots);
    let mut visited = Visited::default();
    for found in unit.roots.iter().filter(|found| found.is_decided()) {
        let mut runs = runner.run(found.root.place, wanted);
        if found.is_proved() {
            let own = surveyor.survey(found, Calls::ByContract);
            let mut expected = surveyor.survey(found, Calls::Followed);
            expected.merge(own.clone());
            let watch = Watch::new(&linked, &expected);
            runner.follow(found.root.place, &mut runs, &watch, wanted.followed);
            visited.merge(own);
        }
        report.add(&linked, found, &runs);
    }
    report.coverage = visited.covered(&linked, runner.notes());
    Ok(report)
}
