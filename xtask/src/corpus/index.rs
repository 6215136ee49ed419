//! `INDEX.txt` in the work directory: where each unit's files are, for other tools.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::entry::Entry;
use super::place::Set;
use super::roots::Roots;
use super::unit::LinkUnit;
use super::{assembly, linker};

/// The part of the index that one entry has, in its own directory.
const PART: &str = "index.txt";

/// Writes the entry's part of the index, and its roots, one a line. Of the unit's files it names
/// those that carry assembly and those that refer to it.
pub(crate) fn write(
    entry: &Entry,
    unit: &LinkUnit,
    archive: Option<&Path>,
    roots: &Roots<'_>,
) -> Result<()> {
    let mut text = format!("{} {}\n", entry.name, entry.version);
    let mut line = |what: &str, path: String| {
        let _ = writeln!(text, "  {what:<9} {path}");
    };
    line(
        "unit",
        entry.unit().join(linker::LIST).display().to_string(),
    );
    line("roots", entry.work.join("roots.txt").display().to_string());
    if let Some(archive) = archive {
        line("assembly", archive.display().to_string());
    }
    for file in &unit.files {
        if file.objects.iter().any(|object| assembly::size(object) > 0) {
            line("carries", file.name.clone());
        }
        if file
            .objects
            .iter()
            .any(|object| roots.are_needed_by(object))
        {
            line("refers", file.name.clone());
        }
    }
    let work = &entry.work;
    fs::write(work.join(PART), text).context("failed to write the index")?;
    fs::write(work.join("roots.txt"), list(roots)).context("failed to write the roots")
}

/// The files of a built entry that carry assembly or refer to it.
pub(crate) fn files(entry: &Entry) -> Result<Vec<PathBuf>> {
    let part = entry.work.join(PART);
    let text = fs::read_to_string(&part).with_context(|| {
        format!(
            "failed to read {}: `cargo xtask corpus --set pairs` builds it",
            part.display()
        )
    })?;
    let lines = text.lines().filter_map(|line| line.trim().split_once(' '));
    let mut files: Vec<PathBuf> = lines
        .filter(|(what, _)| matches!(*what, "carries" | "refers"))
        .map(|(_, path)| PathBuf::from(path.trim()))
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

fn list(roots: &Roots<'_>) -> String {
    let mut text = String::new();
    for (who, names) in [("rust", &roots.from_rust), ("c", &roots.from_c)] {
        for name in names {
            let _ = writeln!(text, "{who} {name}");
        }
    }
    text
}

/// Puts the parts of a set together.
pub(crate) fn assemble(set: Set) -> Result<()> {
    let work = set.work();
    if !work.exists() {
        return Ok(());
    }
    let mut parts: Vec<_> = fs::read_dir(&work)
        .with_context(|| format!("failed to list {}", work.display()))?
        .filter_map(|item| Some(item.ok()?.path().join(PART)))
        .filter(|part| part.is_file())
        .collect();
    parts.sort();
    let texts: std::io::Result<String> = parts.iter().map(fs::read_to_string).collect();
    let texts = texts.context("failed to read a part of the index")?;
    fs::write(work.join("INDEX.txt"), texts).context("failed to write INDEX.txt")
}
