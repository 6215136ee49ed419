//! Releases that mended a breach: what the command finds in the release before is gone in the
//! release after.

use std::collections::BTreeMap;
use std::fmt;
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
    /// The function whose contract was broken, where it is one that a rule speaks of.
    function: Option<String>,
    /// The source, in the crate, that is assembled for Windows and asked about alone.
    windows: Option<String>,
    /// The same for 32-bit x86.
    i386: Option<String>,
    /// What its assembler is told.
    #[serde(default)]
    flags: Vec<String>,
    /// What its source includes, and `configure` would write.
    config: Option<corpus::Written>,
}

#[derive(Deserialize)]
struct Report {
    findings: Vec<Finding>,
    contracts: Contracts,
}

#[derive(Deserialize)]
struct Contracts {
    #[serde(default)]
    roots: Vec<Root>,
}

#[derive(Deserialize)]
struct Root {
    name: String,
    verdicts: BTreeMap<String, String>,
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
        "   {:20} {:>8}  {:20} {:>8}  rule and place",
        "before", "is", "after", "is"
    );
    for (number, pair) in (1..).zip(&pairs.pair) {
        let ask = |release: &str| {
            eprintln!("{number} of {}: {release}", pairs.pair.len());
            answer(&command, pair, release)
        };
        let (before, after) = (ask(&pair.before)?, ask(&pair.after)?);
        let is_right = before.is_broken() && after.is_whole();
        all_right &= is_right;
        println!(
            "{:2} {:20} {:>8}  {:20} {:>8}  {} at {}",
            if is_right { "ok" } else { "!!" },
            pair.before,
            before.to_string(),
            pair.after,
            after.to_string(),
            pair.rule,
            pair.at,
        );
    }
    Ok(ExitCode::from(u8::from(!all_right)))
}

/// What the command says of one release.
struct Answer {
    /// How many findings of the pair's rule name its place.
    findings: usize,
    /// The verdict about the function, where the pair names one and the release has it.
    verdict: Option<String>,
}

impl Answer {
    fn is_broken(&self) -> bool {
        self.findings > 0 && self.verdict.as_deref().is_none_or(|is| is == "refuted")
    }

    /// A release may mend a function by doing without it.
    fn is_whole(&self) -> bool {
        self.findings == 0 && self.verdict.as_deref().is_none_or(|is| is == "proved")
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Some(verdict) => to.write_str(verdict),
            None => write!(to, "{}", self.findings),
        }
    }
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

fn answer(command: &Path, pair: &Pair, release: &str) -> Result<Answer> {
    let files = match (&pair.windows, &pair.i386) {
        (Some(source), _) => {
            corpus::assembled_for_windows(release, source, &pair.flags, pair.config.as_ref())?
        }
        (_, Some(source)) => corpus::assembled_for_i386(release, source, &pair.flags)?,
        _ => corpus::files_of_release(release)?,
    };
    let report = check(command, &pair.arguments, &files)?;
    let findings = report.findings.iter();
    let told = findings.filter(|found| found.rule == pair.rule && found.message.contains(&pair.at));
    let mut roots = report.contracts.roots.iter();
    let root = roots.find(|root| Some(&root.name) == pair.function.as_ref());
    Ok(Answer {
        findings: told.count(),
        verdict: root.and_then(|root| root.verdicts.get(&pair.rule).cloned()),
    })
}

fn check(command: &Path, arguments: &[String], files: &[PathBuf]) -> Result<Report> {
    let output = Command::new(command)
        .args(["abide", "check", "--format", "json"])
        .args(arguments)
        .args(files)
        // A configuration is named from there.
        .current_dir(place::pairs().with_file_name(""))
        .output()
        .context("failed to run the command")?;
    ensure!(
        output.status.code().is_some_and(|code| code < 2),
        "the check failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("failed to understand the report")
}
