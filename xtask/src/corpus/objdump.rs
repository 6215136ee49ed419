//! How long `objdump -d` takes: the measure of speed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

/// The time of `objdump -d` over the archive, its output thrown away: the least of three runs,
/// for what else the machine does only adds to it.
pub(crate) fn time(archive: &Path) -> Result<Duration> {
    let runs = [run(archive)?, run(archive)?, run(archive)?];
    Ok(runs.into_iter().min().unwrap_or_default())
}

fn run(archive: &Path) -> Result<Duration> {
    let start = Instant::now();
    let status = Command::new("objdump")
        .arg("-d")
        .arg(archive)
        .stdout(Stdio::null())
        .status()
        .context("failed to run objdump")?;
    ensure!(status.success(), "`objdump -d` failed");
    Ok(start.elapsed())
}
