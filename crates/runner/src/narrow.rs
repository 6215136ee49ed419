//! Functions of 32-bit code, run in a 64-bit process by far jumps.
//!
//! All that they see lies below 4 GiB. A child enters a function as its caller would by cdecl, on
//! random registers, arguments and memory; what it calls and is not there is answered as a function
//! does that keeps cdecl and no more.

mod entry;
mod guard;

use std::path::{Path, PathBuf};

use abide::contracts::Configuration;
use abide::conventions::CDECL;
use abide::project::Project;

use crate::children::{Wanted, run_unit};
use crate::link::Linked;
use crate::load::Loaded;
use crate::report::Report;
use crate::unit;
use guard::Runs;

/// What `cargo xtask corpus --i386` has left of an entry: the objects, and `roots.txt`, which names the
/// roots, one a line, behind the convention.
const ROOTS: &str = "i386/roots.txt";

/// The entries below a directory that have 32-bit code, by name.
///
/// # Errors
///
/// If the directory cannot be read.
pub fn entries(corpus: &Path) -> std::io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(corpus)? {
        let entry = entry?;
        if entry.path().join(ROOTS).is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// Decides the roots of an entry, and runs those that are proved or refuted and keep cdecl.
///
/// # Errors
///
/// If the files cannot be read, or hold no root by cdecl.
pub fn run(entry: &Path, wanted: Wanted) -> Result<Report, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(entry.join(ROOTS))?;
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
    let mut files: Vec<_> = std::fs::read_dir(entry.join("i386"))?
        .map(|file| file.map(|file| file.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "o"));
    files.sort();
    run_files(&files, &project, wanted)
}

/// Decides the roots of files, and runs those that are proved or refuted.
///
/// # Errors
///
/// If the files cannot be read, or hold no root.
pub fn run_files(
    files: &[PathBuf],
    project: &Project,
    wanted: Wanted,
) -> Result<Report, Box<dyn std::error::Error>> {
    let unit = unit::judge(files, project)?;
    let linked = Linked::new(&unit.image);
    let _loaded = Loaded::new(&linked).ok_or("failed to map the image")?;
    let mut runs = Runs::new(&linked, wanted.runs).ok_or("failed to map memory for the runs")?;
    Ok(run_unit(&unit, &linked, &mut runs, wanted))
}
