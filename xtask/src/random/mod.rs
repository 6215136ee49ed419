//! Random functions: written, assembled, decided, and those that are proved run on the processor. No run
//! may contradict a proof.
//!
//! Data moves one way: [`dialect`] (how code is written by a convention) → [`function`] (a frame, and
//! `statements` in it) → the assembler → the checker → the runner.

mod dialect;
mod function;
mod statements;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use abide::contracts::{self, Configuration, RootChoice};
use abide::inputs::{self, Image};
use abide::project::{Unit, Verdict, judge_root};
use abide::signatures::Signatures;
use anyhow::{Context as _, Result, anyhow, ensure};
use oracle::random::Random;
use runner::children::{Wanted, run_unit};
use runner::link::Linked;
use runner::report::Report;
use runner::run::Runner;

use crate::corpus;
use crate::mutants::parallel;
use dialect::Dialect;
use function::Function;

/// How many functions are in one object: what is decided of one looks at its whole image.
const TOGETHER: usize = 200;
/// How many runs that returned are followed step by step, of each function.
const FOLLOWED: usize = 1;

/// By System V's convention, unless told otherwise.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many functions.
    #[arg(long, default_value_t = 2_000)]
    count: usize,
    /// Which functions, and what they run on: the same seed makes the same.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often each function that is proved runs.
    #[arg(long, default_value_t = 24)]
    runs: usize,
    /// By Microsoft's convention.
    #[arg(long, conflicts_with = "i386")]
    windows: bool,
    /// 32-bit code, by cdecl.
    #[arg(long)]
    i386: bool,
}

impl Options {
    fn dialect(&self) -> &'static Dialect {
        match (self.windows, self.i386) {
            (true, _) => &dialect::MICROSOFT,
            (_, true) => &dialect::NARROW,
            _ => &dialect::SYSTEM_V,
        }
    }
}

/// What came of all functions.
#[derive(Default)]
struct Counts {
    made: usize,
    /// What is open of the others, by rule.
    open: BTreeMap<String, usize>,
    report: Report,
}

/// Makes functions, and prints what came of them; the exit code tells of contradictions.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let directory = corpus::place::work().join("random");
    fs::create_dir_all(&directory)?;
    let dialect = options.dialect();
    let mut counts = Counts::default();
    for batch in 0..options.count.div_ceil(TOGETHER) {
        let count = TOGETHER.min(options.count - batch * TOGETHER);
        let seed = options.seed.wrapping_add((batch as u64) << 32);
        let name = format!("{}-{}-{batch}.asm", dialect.format, options.seed);
        let source = directory.join(name);
        let unit = make(&source, dialect, seed, count)?;
        let wanted = Wanted {
            runs: options.runs,
            seed,
            followed: FOLLOWED,
        };
        let contradictions = counts.add(&unit, wanted)?;
        if contradictions == 0 {
            fs::remove_file(&source)?;
        } else {
            println!("{}: {contradictions} contradictions", source.display());
        }
    }
    counts.print();
    let is_contradicted = !counts.report.contradictions.is_empty();
    Ok(ExitCode::from(u8::from(is_contradicted)))
}

/// So many functions, decided; their source stays.
fn make(source: &Path, dialect: &'static Dialect, seed: u64, count: usize) -> Result<Unit> {
    fs::write(source, write(dialect, seed, count))?;
    let object = assemble(source, dialect)?;
    let unit = decide(&object)?;
    fs::remove_file(&object)?;
    Ok(unit)
}

/// The source of so many functions, and of the helpers that they call.
fn write(dialect: &'static Dialect, seed: u64, count: usize) -> String {
    let mut random = Random::new(seed);
    let mut text = String::from("default rel\nsection .text\nextern outside\n");
    for number in 0..count {
        // A function follows from its own number, so that a change of one leaves the others.
        let mut random = Random::new(random.bits());
        text += &Function::write(format!("f{number}"), dialect, &mut random);
    }
    text += dialect.source;
    if dialect.format.starts_with("elf") {
        text += "\nsection .note.GNU-stack noalloc noexec nowrite progbits\n";
    }
    text
}

fn assemble(source: &Path, dialect: &Dialect) -> Result<PathBuf> {
    let object = source.with_extension("o");
    let status = Command::new("nasm")
        .args(["-f", dialect.format, "-w-all", "-o"])
        .args([&object, source])
        .status()
        .context("failed to run `nasm`")?;
    ensure!(status.success(), "`nasm` failed on {}", source.display());
    Ok(object)
}

/// What is proved of an object's functions. Nobody searches for runs: what is not proved is of no
/// interest here.
fn decide(object: &Path) -> Result<Unit> {
    let image = Image::new(inputs::read(object)?);
    let choice = RootChoice {
        named: &HashSet::new(),
        all_exported: true,
        configuration: &Configuration::default(),
        handlers: &BTreeMap::new(),
        signatures: &Signatures::default(),
    };
    let roots = contracts::roots_of(&image, choice);
    let verdicts = parallel::map(&roots, |root| judge_root(&image, root, &roots, 0));
    Ok(Unit {
        image,
        roots: verdicts,
        candidates: Vec::new(),
    })
}

impl Counts {
    /// Runs what is proved; returns how many runs contradict it.
    fn add(&mut self, unit: &Unit, wanted: Wanted) -> Result<usize> {
        self.made += unit.roots.len();
        let rules = unit.roots.iter().flat_map(|found| &found.verdicts);
        for (rule, verdict) in rules {
            if !matches!(verdict, Verdict::Proved) {
                *self.open.entry(rule.id.to_owned()).or_default() += 1;
            }
        }
        let linked = Linked::new(&unit.image);
        let mut runner =
            Runner::new(&linked, wanted.runs).ok_or_else(|| anyhow!("failed to map the image"))?;
        let report = run_unit(unit, &linked, &mut runner, wanted);
        let contradictions = report.contradictions.len();
        self.report.merge(report);
        Ok(contradictions)
    }

    fn print(&self) {
        let report = &self.report;
        println!("made            {:>8}", self.made);
        println!("proved          {:>8}", report.tried);
        println!("of which return {:>8}", report.returning);
        println!("runs            {:>8}", report.runs);
        println!("of which return {:>8}", report.returned);
        for (assumption, (count, functions)) in &report.set_aside {
            println!(
                "broke {assumption}: {count}, of {} functions",
                functions.len()
            );
        }
        for (rule, count) in &self.open {
            println!("open: {count:>6} {rule}");
        }
        println!("contradictions  {:>8}", report.contradictions.len());
        for contradiction in &report.contradictions {
            println!("  {contradiction}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: usize = 80;
    const WANTED: Wanted = Wanted {
        runs: 12,
        seed: 1,
        followed: FOLLOWED,
    };

    /// One test: code lies at fixed addresses, so that one image at a time can be mapped.
    #[test]
    fn no_run_contradicts_a_proof_and_runs_show_what_is_wrong() {
        let directory = std::env::temp_dir().join(format!("abide-random-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory");
        for dialect in [&dialect::SYSTEM_V, &dialect::MICROSOFT, &dialect::NARROW] {
            let source = directory.join(dialect.format).with_extension("asm");
            let mut unit = make(&source, dialect, 1, COUNT).expect("functions");
            let mut counts = Counts::default();
            counts.add(&unit, WANTED).expect("runs");
            let report = &counts.report;
            assert_eq!(counts.made, COUNT);
            assert!(report.returning > COUNT / 2, "{}", report.returning);
            assert!(report.contradictions.is_empty(), "{report:?}");
            // Some of the others are wrong: were they proved, runs would say so.
            for found in &mut unit.roots {
                for (_, verdict) in &mut found.verdicts {
                    *verdict = Verdict::Proved;
                }
            }
            let contradictions = Counts::default().add(&unit, WANTED).expect("runs");
            assert!(contradictions > 0, "{}", dialect.format);
        }
        fs::remove_dir_all(directory).expect("a directory");
    }
}
