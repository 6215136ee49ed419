//! Libraries that Rust links from the system: their sources, as Debian publishes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use super::entry::Entry;
use super::shipped::{list, succeed, unpacked};

/// What tells a project's build script where the source is.
pub(crate) const SOURCE: &str = "CORPUS_SOURCE";

/// The source that an entry names (`nettle=3.8.1-2`), fetched and unpacked where it is not yet.
pub(crate) fn source(entry: &Entry, named: &str) -> Result<PathBuf> {
    let fetched = entry.work.join("fetched");
    if !fetched.is_dir() {
        let beside = entry.work.join("fetching");
        fs::create_dir_all(beside.join("lists/partial"))
            .with_context(|| format!("failed to make {}", beside.display()))?;
        fetch(named, &beside)?;
        fs::rename(&beside, &fetched)
            .with_context(|| format!("failed to make {}", fetched.display()))?;
    }
    let is_original = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.contains(".orig.tar.") && !name.ends_with(".asc")
    };
    match list(&fetched)?.into_iter().find(is_original) {
        Some(archive) => unpacked(entry, &archive),
        None => bail!("{named} has no `.orig.tar`"),
    }
}

/// Downloads a source package. Which mirror has it, the machine's own lists of packages tell.
fn fetch(named: &str, to: &Path) -> Result<()> {
    let places = to.join("sources.list");
    fs::write(&places, mirrors()?).context("failed to write the list of mirrors")?;
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.current_dir(to).arg("-o");
        apt.arg(format!("Dir::Etc::sourcelist={}", places.display()));
        apt.args(["-o", "Dir::Etc::sourceparts=-", "-o"]);
        apt.arg(format!("Dir::State::lists={}", to.join("lists").display()));
        apt
    };
    succeed(apt().arg("update"))?;
    succeed(apt().args(["source", "--download-only", named]))
}

/// Lines of `sources.list` for the sources beside the packages that the machine knows.
fn mirrors() -> Result<String> {
    let output = Command::new("apt-get")
        .args(["indextargets", "--format"])
        .arg("$(ORIGIN) deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)")
        .arg("Identifier: Packages")
        .output()
        .context("failed to run `apt-get indextargets`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|line| line.strip_prefix("Debian "));
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    ensure!(!lines.is_empty(), "`apt-get update` must have run");
    Ok(lines)
}
