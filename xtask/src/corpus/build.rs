//! An entry → its build, with the inputs of its final link kept.

use std::env;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use super::debian;
use super::entry::Entry;
use super::linker;

/// Whether the unit on disk came from the project as it is now.
pub(crate) fn is_current(entry: &Entry) -> bool {
    let built = fs::read_to_string(entry.unit().join("recipe.txt"));
    built.is_ok_and(|built| entry.recipe().is_ok_and(|recipe| recipe == built))
}

/// Builds the entry as its users do, and keeps what the linker saw.
pub(crate) fn build(entry: &Entry) -> Result<()> {
    require_programs(entry)?;
    eprintln!("building {} {}", entry.name, entry.version);
    let unit = entry.unit();
    if unit.exists() {
        fs::remove_dir_all(&unit)
            .with_context(|| format!("failed to remove {}", unit.display()))?;
    }
    // Were the program up to date for cargo, nothing would be linked and nothing kept.
    cargo(entry, "clean", &["--package", &entry.package])?;
    compile(entry)?;
    ensure!(
        unit.join(linker::LIST).is_file(),
        "the build succeeded, but its link was not seen"
    );
    // Written last: a unit without its recipe is unfinished.
    fs::write(unit.join("recipe.txt"), entry.recipe()?).context("failed to write recipe.txt")
}

fn require_programs(entry: &Entry) -> Result<()> {
    let missing = entry.needs.iter().find(|program| {
        let found = Command::new(program).arg("--version").output();
        found.is_err()
    });
    match missing {
        Some(program) => bail!("its build runs `{program}`, which is not installed"),
        None => Ok(()),
    }
}

/// Only the last link goes through our linker: arguments of `cargo rustc` reach nothing else,
/// so the crate itself and its build script are compiled exactly as for its users.
fn compile(entry: &Entry) -> Result<()> {
    let ourselves = env::current_exe().context("failed to find our own program")?;
    let linker = format!("linker={}", ourselves.display());
    let arguments = ["--", "-C", &linker, "-C", "linker-flavor=gcc"];
    cargo(entry, "rustc", &arguments)
}

fn cargo(entry: &Entry, command: &str, arguments: &[&str]) -> Result<()> {
    let mut cargo = Command::new("cargo");
    if let Some(named) = &entry.debian {
        cargo.env(debian::SOURCE, debian::source(entry, named)?);
    }
    let status = cargo
        // Where Cargo looks for the project's own configuration.
        .current_dir(&entry.project)
        .args([
            command,
            "--quiet",
            "--release",
            "--locked",
            "--manifest-path",
        ])
        .arg(entry.project.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(entry.work.join("target"))
        .args(arguments)
        .env(linker::DESTINATION, entry.unit())
        .status()
        .context("failed to run cargo")?;
    ensure!(status.success(), "`cargo {command}` failed");
    Ok(())
}
