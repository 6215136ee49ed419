//! Releases that mended a breach: what the command finds in the release before is gone in the
//! release after.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::corpus::{self, place};

/// Over all pairs of `corpus/pairs.toml` that are built: `cargo xtask corpus --set pairs` builds.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only pairs whose release before has this name.
    #[arg(long = "before", value_name = "NAME")]
    names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairs {
    pair: Vec<Pair>,
}

/// Two releases of a crate, each a project under `corpus/pairs/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    before: String,
    after: String,
    rule: String,
    /// A part of the finding's message.
    at: String,
    /// How the command is told of the link, where the link decides.
    #[serde(default)]
    arguments: Vec<String>,
    /// The source, in the crate, that is assembled for Windows and asked about alone.
    windows: Option<String>,
}

#[derive(Deserialize)]
struct Report {
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
    message: String,
}

/// Prints a line for each pair; the exit code tells whether all are as they must be.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let path = place::pairs();
    let text =
        fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let mut pairs: Pairs = toml::from_str(&text)
        .with_context(|| format!("failed to understand {}", path.display()))?;
    if !options.names.is_empty() {
        pairs
            .pair
            .retain(|pair| options.names.contains(&pair.before));
    }
    let command = command()?;
    let mut all_right = true;
    println!(
        "   {:20} findings  {:20} findings  rule and place",
        "before", "after"
    );
    for (number, pair) in (1..).zip(&pairs.pair) {
        let count = |release: &str| {
            eprintln!("{number} of {}: {release}", pairs.pair.len());
            findings(&command, pair, release)
        };
        let (before, after) = (count(&pair.before)?, count(&pair.after)?);
        let is_right = before > 0 && after == 0;
        all_right &= is_right;
        println!(
            "{:2} {:20} {before:8}  {:20} {after:8}  {} at {}",
            if is_right { "ok" } else { "!!" },
            pair.before,
            pair.after,
            pair.rule,
            pair.at,
        );
    }
    Ok(ExitCode::from(u8::from(!all_right)))
}

/// The command, built once: Cargo waits for other builds, and would for each release.
fn command() -> Result<PathBuf> {
    eprintln!("building the command");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("Cargo.toml");
    let output = Command::new(cargo)
        .args(["build", "--release", "--package", "cargo-abide"])
        .args(["--message-format", "json-render-diagnostics"])
        .arg("--manifest-path")
        .arg(manifest)
        .stderr(Stdio::inherit())
        .output()
        .context("failed to run cargo")?;
    ensure!(output.status.success(), "the command does not build");
    let messages = String::from_utf8_lossy(&output.stdout);
    let artifacts = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    let mut programs = artifacts.filter_map(|artifact| artifact.executable);
    programs
        .next()
        .context("cargo does not name the program that it built")
}

/// What Cargo says of something that it built.
#[derive(Deserialize)]
struct Artifact {
    executable: Option<PathBuf>,
}

/// How many findings of the pair's rule name its place in one of the releases.
fn findings(command: &Path, pair: &Pair, release: &str) -> Result<usize> {
    let files = match &pair.windows {
        Some(source) => corpus::assembled_for_windows(release, source)?,
        None => corpus::files_of_release(release)?,
    };
    let report = check(command, &pair.arguments, &files)?;
    let findings = report.findings.iter();
    let told = findings.filter(|found| found.rule == pair.rule && found.message.contains(&pair.at));
    Ok(told.count())
}

fn check(command: &Path, arguments: &[String], files: &[PathBuf]) -> Result<Report> {
    let output = Command::new(command)
        .args(["abide", "check", "--format", "json"])
        .args(arguments)
        .args(files)
        .output()
        .context("failed to run the command")?;
    ensure!(
        output.status.code().is_some_and(|code| code < 2),
        "the check failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("failed to understand the report")
}
