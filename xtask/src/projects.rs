//! `cargo abide check` in every project of the corpus, as a user of the crate runs it: built, with
//! nothing configured, and held to what its crates declare.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use abide::rules;
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::checker::checker;
use crate::corpus::{self, Entry};

/// The whole corpus, unless told otherwise.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this entry; may be given several times.
    #[arg(long = "crate", value_name = "NAME")]
    names: Vec<String>,
    /// Built by Cargo's own default, where `cc` gives C debug information.
    #[arg(long)]
    dev: bool,
}

/// Prints a row for each project; 1 where a function that Rust refers to has no signature or what is
/// refuted of a declaration is not written down, 2 where the check could not be done.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    println!(
        "{:<21} {:>8} {:>4} {:>7} {:>8} {:>5} {:>8} {:>6} {:>7} {:>8} {:>7} {:>6} {:>6} {:>8}",
        "crate",
        "version",
        "exit",
        "by Rust",
        "declared",
        "by C",
        "declared",
        "proved",
        "refuted",
        "possible",
        "unknown",
        "denied",
        "warned",
        "time"
    );
    let mut all = Row::default();
    let mut code = 0;
    for entry in corpus::entries(&options.names)? {
        match check(&entry, options.dev) {
            Ok((row, time)) => {
                row.print(&entry.name, &entry.version, Some(time));
                all.add(&row);
                let declared = if options.dev {
                    "declared/dev"
                } else {
                    "declared"
                };
                for complaint in corpus::unexpected_of(declared, &entry, row.refuted)? {
                    eprintln!("error: {}: {complaint}", entry.name);
                    code = code.max(1);
                }
            }
            Err(error) => {
                eprintln!("error: {}: {error:#}", entry.name);
                code = 2;
            }
        }
    }
    all.print("all", "", None);
    if all.rust.declared < all.rust.all {
        eprintln!("error: Rust refers to functions in assembly of which no signature was found");
        code = code.max(1);
    }
    Ok(ExitCode::from(code))
}

/// Functions in assembly that one side refers to.
#[derive(Default)]
struct Referred {
    all: usize,
    declared: usize,
}

/// What a check says.
#[derive(Default)]
struct Row {
    exit: i32,
    rust: Referred,
    c: Referred,
    verdicts: Verdicts,
    denied: usize,
    warned: usize,
    /// What is refuted by rules that hold to declarations: symbols and rules.
    refuted: Vec<(String, String)>,
}

impl Row {
    fn of(report: &Report, exit: i32) -> Self {
        let referred = |side: &str| {
            let by = report.crossings.iter();
            let by: Vec<_> = by.filter(|c| c.is_to_function_of(side)).collect();
            Referred {
                all: by.len(),
                declared: by.iter().filter(|c| c.signature.is_some()).count(),
            }
        };
        let findings = |level: &str| report.findings.iter().filter(|f| f.level == level).count();
        Self {
            exit,
            rust: referred("Rust"),
            c: referred("C"),
            refuted: report
                .contracts
                .as_ref()
                .map_or_else(Vec::new, |contracts| {
                    contracts.roots.iter().flat_map(Root::refuted).collect()
                }),
            verdicts: report.contracts.clone().unwrap_or_default(),
            denied: findings("deny"),
            warned: findings("warn"),
        }
    }

    fn add(&mut self, other: &Self) {
        self.exit = self.exit.max(other.exit);
        for (own, more) in [(&mut self.rust, &other.rust), (&mut self.c, &other.c)] {
            own.all += more.all;
            own.declared += more.declared;
        }
        self.verdicts.proved += other.verdicts.proved;
        self.verdicts.refuted += other.verdicts.refuted;
        self.verdicts.possible += other.verdicts.possible;
        self.verdicts.unknown += other.verdicts.unknown;
        self.denied += other.denied;
        self.warned += other.warned;
    }

    fn print(&self, name: &str, version: &str, time: Option<Duration>) {
        let time = time.map_or_else(String::new, |time| format!("{:.1} s", time.as_secs_f64()));
        println!(
            "{name:<21} {version:>8} {:>4} {:>7} {:>8} {:>5} {:>8} {:>6} {:>7} {:>8} {:>7} {:>6} \
             {:>6} {time:>8}",
            self.exit,
            self.rust.all,
            self.rust.declared,
            self.c.all,
            self.c.declared,
            self.verdicts.proved,
            self.verdicts.refuted,
            self.verdicts.possible,
            self.verdicts.unknown,
            self.denied,
            self.warned,
        );
    }
}

/// Runs the check where a user would, on a build like a user's.
fn check(entry: &Entry, is_dev: bool) -> Result<(Row, Duration)> {
    let start = Instant::now();
    let profile = (!is_dev).then_some("--release");
    let output = Command::new(checker()?)
        .args(["abide", "check", "--locked", "--format", "json"])
        .args(profile)
        .arg("--target-dir")
        .arg(entry.work.join("target"))
        .current_dir(&entry.project)
        .stderr(Stdio::piped())
        .output()
        .context("failed to run the check")?;
    let time = start.elapsed();
    let code = output.status.code();
    let Some(exit @ (0 | 1)) = code else {
        bail!(
            "exit code {code:?}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let kept = entry.work.join(if is_dev {
        "project-dev.json"
    } else {
        "project.json"
    });
    fs::write(&kept, &output.stdout)
        .with_context(|| format!("failed to write {}", kept.display()))?;
    let report: Report = serde_json::from_slice(&output.stdout)
        .context("the project makes more than one link, or none")?;
    Ok((Row::of(&report, exit), time))
}

/// What of a report is asked for.
#[derive(Deserialize)]
struct Report {
    findings: Vec<Finding>,
    contracts: Option<Verdicts>,
    #[serde(default)]
    crossings: Vec<Crossing>,
}

#[derive(Deserialize)]
struct Finding {
    level: String,
}

#[derive(Deserialize, Clone, Default)]
struct Verdicts {
    proved: usize,
    refuted: usize,
    possible: usize,
    unknown: usize,
    roots: Vec<Root>,
}

#[derive(Deserialize, Clone)]
struct Root {
    name: String,
    verdicts: BTreeMap<String, String>,
}

impl Root {
    /// The rules of declarations that a run refutes.
    fn refuted(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let is_of_declarations =
            |rule: &str| rules::find(rule).is_some_and(abide::rules::Rule::is_of_declarations);
        self.verdicts
            .iter()
            .filter(move |(rule, verdict)| *verdict == "refuted" && is_of_declarations(rule))
            .map(|(rule, _)| (self.name.clone(), rule.clone()))
    }
}

#[derive(Deserialize)]
struct Crossing {
    from: String,
    to: String,
    #[serde(default)]
    is_function: bool,
    signature: Option<String>,
}

impl Crossing {
    fn is_to_function_of(&self, side: &str) -> bool {
        self.from == side && self.to == "assembly" && self.is_function
    }
}
