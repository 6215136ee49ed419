//! Releases that mended a breach: what the command finds in the release before is gone in the
//! release after.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
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
    let mut all_right = true;
    for pair in &pairs.pair {
        let (before, after) = (findings(pair, &pair.before)?, findings(pair, &pair.after)?);
        let is_right = before > 0 && after == 0;
        all_right &= is_right;
        println!(
            "{:2} {} {before}, {} {after}: {} at {}",
            if is_right { "ok" } else { "!!" },
            pair.before,
            pair.after,
            pair.rule,
            pair.at,
        );
    }
    Ok(ExitCode::from(u8::from(!all_right)))
}

/// How many findings of the pair's rule name its place in one of the releases.
fn findings(pair: &Pair, release: &str) -> Result<usize> {
    let files = corpus::files_of_release(release)?;
    let report = check(&pair.arguments, &files)?;
    let findings = report.findings.iter();
    let told = findings.filter(|found| found.rule == pair.rule && found.message.contains(&pair.at));
    Ok(told.count())
}

fn check(arguments: &[String], files: &[PathBuf]) -> Result<Report> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("Cargo.toml");
    let output = Command::new(cargo)
        .args(["run", "--release", "--quiet", "--package", "cargo-abide"])
        .arg("--manifest-path")
        .arg(manifest)
        .args(["--", "abide", "check", "--format", "json"])
        .args(arguments)
        .args(files)
        .output()
        .context("failed to run cargo")?;
    ensure!(
        output.status.code().is_some_and(|code| code < 2),
        "the check failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("failed to understand the report")
}
