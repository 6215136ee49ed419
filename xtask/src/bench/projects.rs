//! What `cargo abide check` takes in projects that depend on crates of the corpus, beyond their
//! users' own builds, and what a second run takes with nothing changed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::checker::checker;
use crate::corpus::{self, Entry};

/// The entries whose checks are timed.
const ENTRIES: [&str; 3] = ["blake3", "ring", "rav1d"];
/// How often is done again what changes nothing; the least time counts.
const RUNS: usize = 5;
/// What a second run may take with nothing changed.
const MOST: Duration = Duration::from_secs(1);

/// The times of one project.
struct Times {
    /// The user's own `cargo build`, from nothing.
    build: Duration,
    /// The first check after it.
    first: Duration,
    /// A check with nothing to build that decides everything anew.
    anew: Duration,
    /// A check with nothing changed.
    second: Duration,
    /// What of that Cargo takes to say that nothing has changed.
    cargo: Duration,
}

/// Prints the times, and whether a second run takes no longer than it may.
pub(super) fn run() -> Result<bool> {
    let names = ENTRIES.map(str::to_owned);
    println!(
        "{:<8} {:>12} {:>12} {:>12} {:>11} {:>14}",
        "", "cargo build", "first check", "all anew", "no change", "Cargo's share"
    );
    let mut is_quick = true;
    for entry in corpus::entries(&names)? {
        let times = time(&entry)?;
        println!(
            "{:<8} {:>12} {:>12} {:>12} {:>11} {:>14}",
            entry.name,
            seconds(times.build),
            seconds(times.first),
            seconds(times.anew),
            seconds(times.second),
            seconds(times.cargo),
        );
        is_quick &= times.second < MOST;
    }
    Ok(is_quick)
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn time(entry: &Entry) -> Result<Times> {
    let target = entry.work.join("bench");
    if target.exists() {
        fs::remove_dir_all(&target)
            .with_context(|| format!("failed to remove {}", target.display()))?;
    }
    let cargo = |words: &[&str], target: &Path| {
        let mut command = Command::new("cargo");
        command.args(words).arg("--target-dir").arg(target);
        command
    };
    let build = || cargo(&["build", "--locked"], &target);
    let checker = checker()?;
    let check = |more: &[&str]| {
        let mut command = Command::new(&checker);
        command.args(["abide", "check", "--locked"]).args(more);
        command.arg("--target-dir").arg(&target);
        command
    };
    let ask = || {
        let signatures = target.join("abide/signatures");
        let metadata = ["metadata", "--locked", "--no-deps", "--format-version", "1"];
        let mut metadata_of = Command::new("cargo");
        metadata_of.args(metadata);
        Ok(took(entry, metadata_of)?
            + took(entry, build())?
            + took(entry, cargo(&["check", "--locked"], &signatures))?)
    };
    Ok(Times {
        build: took(entry, build())?,
        first: took(entry, check(&[]))?,
        anew: least(|| took(entry, check(&["--no-cache"])))?,
        second: least(|| took(entry, check(&[])))?,
        cargo: least(ask)?,
    })
}

fn least(time: impl Fn() -> Result<Duration>) -> Result<Duration> {
    let times: Result<Vec<_>> = (0..RUNS).map(|_| time()).collect();
    times?.into_iter().min().context("nothing was run")
}

/// Runs a command in the project's directory.
fn took(entry: &Entry, mut command: Command) -> Result<Duration> {
    command.current_dir(&entry.project).stdout(Stdio::null());
    let start = Instant::now();
    let output = command.stderr(Stdio::piped()).output();
    let output = output.with_context(|| format!("failed to run {command:?}"))?;
    let time = start.elapsed();
    // 1 says that something is denied, which some crates deserve.
    ensure!(
        matches!(output.status.code(), Some(0 | 1)),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(time)
}
