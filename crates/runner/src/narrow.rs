//! Functions of 32-bit code, run in a 64-bit process by far jumps.
//!
//! All that they see lies below 4 GiB. A child enters a function as its caller would by cdecl, on
//! random registers, arguments and memory; what it calls and is not there is answered as a function
//! does that keeps cdecl and no more. Only runs that return count.

mod entry;
mod guard;
mod report;

use std::path::Path;

use abide::contracts::Configuration;
use abide::inputs::{self, Image};
use abide::project::{self, Assumed, Project, RootVerdicts};
use abide::signatures::Signatures;

use crate::link::Linked;
use crate::load::Loaded;
use guard::Runs;
pub use report::Report;

/// What `cargo xtask corpus --i386` has left of an entry: the objects, and `roots.txt`, which names the
/// roots, one a line, behind the convention.
const ROOTS: &str = "i386/roots.txt";

/// The entries below a directory that have 32-bit code, by name.
///
/// # Errors
///
/// If the directory cannot be read.
pub fn entries(corpus: &Path) -> std::io::Result<Vec<(String, std::path::PathBuf)>> {
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

/// Decides the roots of an entry, and runs those that are proved and keep cdecl.
///
/// # Errors
///
/// If the files cannot be read, or hold no root.
pub fn run(entry: &Path, count: usize, seed: u64) -> Result<Report, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(entry.join(ROOTS))?;
    let mut lines = text.lines().map(str::to_owned);
    let convention = lines.next().ok_or("no convention is named")?;
    let project = Project {
        roots: lines.collect(),
        configuration: Configuration {
            convention: Some(convention.clone()),
            ..Configuration::default()
        },
        ..Project::default()
    };
    let mut files: Vec<_> = std::fs::read_dir(entry.join("i386"))?
        .map(|file| file.map(|file| file.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "o"));
    files.sort();
    let mut objects = Vec::new();
    for file in files {
        objects.extend(inputs::read(&file)?);
    }
    let unit = project::judge_unit(Image::new(objects), &project, &Signatures::default())?;
    let linked = Linked::new(&unit.image);
    let _loaded = Loaded::new(&linked).ok_or("failed to map the image")?;
    let mut runs = Runs::new(&linked, count).ok_or("failed to map memory for the runs")?;
    let mut report = Report::default();
    for root in unit.roots.iter().filter(|root| root.is_proved()) {
        let Some(address) = linked.address_of(root.root.place) else {
            continue;
        };
        if convention != "cdecl" {
            report.leave_out();
            continue;
        }
        let outcomes = runs.run(address, seed ^ address);
        report.add(&root.root.name, leans_on_bounds(root), &outcomes);
    }
    Ok(report)
}

/// Whether a run on random arguments may break what a proof assumes.
fn leans_on_bounds(root: &RootVerdicts) -> bool {
    let mut assumed = root.assumptions.iter();
    assumed.any(|assumed| {
        matches!(
            assumed,
            Assumed::IndexInBounds | Assumed::FrameBound | Assumed::TableBound(..)
        )
    })
}
