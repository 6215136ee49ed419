//! Speed: the checker beside `objdump -d` on the same code, and its growth with the input.

mod once;
mod projects;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::corpus::objdump;
use crate::corpus::place::Set;
use once::Once;

/// The entry of the corpus with the most assembly.
const ENTRY: &str = "rav1d";
/// How many times the input is given.
const COPIES: [usize; 3] = [1, 4, 12];
/// How often the checker runs on one input; the least time counts.
const RUNS: usize = 5;
/// The most memory that one input may take, in bytes.
const MOST_MEMORY: u64 = 300 << 20;
/// How much longer one of twelve copies may take than the only one.
const MOST_GROWTH: f64 = 1.25;

/// Without an option: run the checker on one, four and twelve copies of rav1d's assembly.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run once in this process, on so many copies of the files.
    #[arg(long, hide = true)]
    copies: Option<usize>,
    /// Time `cargo abide check` in projects that depend on crates of the corpus, built from nothing.
    #[arg(long, conflicts_with = "files")]
    projects: bool,
    /// The files to run on: those of the corpus, if none is given.
    files: Vec<PathBuf>,
}

/// Prints the times, and holds them to the bounds.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if let Some(copies) = options.copies {
        println!("{}", once::run(&options.files, copies)?);
        return Ok(ExitCode::SUCCESS);
    }
    if options.projects {
        let is_quick = projects::run()?;
        if !is_quick {
            eprintln!("error: a check with nothing changed takes more than a second");
        }
        return Ok(ExitCode::from(u8::from(!is_quick)));
    }
    let work = Set::Crates.work().join(ENTRY);
    let files = match options.files.as_slice() {
        [] => carriers(&work.join("index.txt"))?,
        files => files.to_vec(),
    };
    let reference = objdump::time(&work.join("asm.a"))?;
    let runs = COPIES.map(|copies| best(&files, copies));
    let [one, four, twelve] = runs;
    let runs = [one?, four?, twelve?];
    print(reference, &runs);
    let complaints = complaints(reference, &runs);
    for complaint in &complaints {
        eprintln!("error: {complaint}");
    }
    Ok(ExitCode::from(u8::from(!complaints.is_empty())))
}

/// The files of the unit that carry assembly or refer to it.
fn carriers(index: &Path) -> Result<Vec<PathBuf>> {
    let text = fs::read_to_string(index)
        .with_context(|| format!("failed to read {}: run the corpus first", index.display()))?;
    let mut files: Vec<PathBuf> = text
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .filter(|(what, _)| matches!(*what, "carries" | "refers"))
        .map(|(_, path)| PathBuf::from(path.trim()))
        .collect();
    files.dedup();
    if files.is_empty() {
        bail!("{} names no file with assembly", index.display());
    }
    Ok(files)
}

/// One input, run by a process of its own: the least time.
struct Best {
    copies: usize,
    time: Duration,
    once: Once,
}

fn best(files: &[PathBuf], copies: usize) -> Result<Best> {
    let program = env::current_exe().context("failed to find this program")?;
    let mut best: Option<Best> = None;
    for _ in 0..RUNS {
        let start = Instant::now();
        let output = Command::new(&program)
            .args(["bench", "--copies", &copies.to_string()])
            .args(files)
            .output()
            .context("failed to run this program")?;
        let time = start.elapsed();
        ensure!(output.status.success(), "a run on {copies} copies failed");
        let once = String::from_utf8_lossy(&output.stdout).parse()?;
        if best.as_ref().is_none_or(|best| time < best.time) {
            best = Some(Best { copies, time, once });
        }
    }
    best.context("nothing was run")
}

fn print(reference: Duration, runs: &[Best]) {
    println!("{:<14}{:>10}", "objdump -d", milliseconds(reference));
    for run in runs {
        println!(
            "{:<14}{:>10}  {:>5.2} of objdump a copy  {:>4} MB  {:>6} roots",
            format!("abide, {}x", run.copies),
            milliseconds(run.time),
            per_copy(run) / reference.as_secs_f64(),
            run.once.memory >> 20,
            run.once.roots,
        );
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

fn per_copy(run: &Best) -> f64 {
    run.time.as_secs_f64() / run.copies as f64
}

/// What is not as it should be.
fn complaints(reference: Duration, runs: &[Best; 3]) -> Vec<String> {
    let [one, .., twelve] = runs;
    let mut complaints = Vec::new();
    if one.time * 2 >= reference {
        complaints.push("the check takes more than half of the time of objdump".to_owned());
    }
    if one.once.memory >= MOST_MEMORY {
        complaints.push(format!("the check takes {} MB", one.once.memory >> 20));
    }
    if per_copy(twelve) > per_copy(one) * MOST_GROWTH {
        complaints.push("twelve copies take more than twelve times as long".to_owned());
    }
    let memory = |run: &Best| run.once.memory as f64 / run.copies as f64;
    if memory(twelve) > memory(one) * MOST_GROWTH {
        complaints.push("twelve copies take more than twelve times the memory".to_owned());
    }
    complaints
}
