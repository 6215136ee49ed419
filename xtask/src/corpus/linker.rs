//! Stands in for the linker of a corpus project: keeps what goes into the link, then links.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use abide::project::linker;
pub(crate) use abide::project::linker::LIST;
use anyhow::{Context as _, Result};

/// The variable that makes this program a linker, and tells where to keep the unit.
pub(crate) const DESTINATION: &str = "ABIDE_CORPUS_LINK";

/// Where to keep the unit, if we were run as a linker.
pub(crate) fn destination() -> Option<PathBuf> {
    env::var_os(DESTINATION).map(PathBuf::from)
}

/// Keeps the inputs in `unit`, then runs the real linker.
pub(crate) fn run(unit: &Path) -> Result<ExitCode> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let link = linker::link(&arguments).context("failed to read the linker's arguments")?;
    linker::keep(&link, unit).with_context(|| format!("failed to keep {}", unit.display()))?;
    let status = Command::new("cc")
        .args(&arguments)
        .status()
        .context("failed to run cc")?;
    Ok(ExitCode::from(if status.success() { 0 } else { 1 }))
}
