//! What the crates of the corpus declare of their assembly, held against the code; and the same
//! declarations changed, of which none that the code contradicts may be proved.
//!
//! What an analysis of the callee cannot see is told apart: a parameter that is added, one that is
//! wider than it was, a result that is left alone.

mod change;
mod reads;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use abide::contracts::{Contract, Lowered};
use abide::conventions::SYSTEM_V_X86_64;
use abide::inputs::{Image, Language, Object, SymbolPlace, Trace};
use abide::project::{self, Project, RootVerdicts, Verdict, judge_root_as};
use abide::signatures::{Signatures, SymbolNames};
use anyhow::{Context as _, Result, ensure};

use crate::checker::checker;
use crate::corpus;
use crate::mutants::parallel;
use crate::mutants::subject::{self, Subject};
use change::{ALL, Change};

/// Over the whole corpus, unless told otherwise.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this entry; may be given several times.
    #[arg(long = "crate", value_name = "NAME")]
    names: Vec<String>,
    /// Change the declarations as well.
    #[arg(long)]
    changed: bool,
    /// How many places of a changed function are searched for a run that refutes it.
    #[arg(long, default_value_t = 4)]
    searches: u32,
}

/// Prints what is declared and whether it is true, then what is said of changed declarations.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let entries = corpus::entries(&options.names)?;
    let mut subjects = Vec::new();
    println!(
        "{:<14} {:>5} {:>7} {:>8} {:>8} {:>7} {:>7} {:>8} {:>7}",
        "crate",
        "roots",
        "by Rust",
        "declared",
        "of Rust's",
        "proved",
        "refuted",
        "possible",
        "unknown"
    );
    for unit in corpus::units(&options.names)? {
        let entry = entries.iter().find(|entry| entry.name == unit.name);
        let entry = entry.context("a unit of no entry")?;
        let signatures = signatures(entry, &unit.objects)?;
        if options.changed {
            for subject in subject::proved(&unit, false) {
                subjects.push((subject, signatures.clone()));
            }
        }
        table(&unit.name, unit.objects, &signatures)?;
    }
    if options.changed {
        changed(&subjects, options);
    }
    Ok(ExitCode::SUCCESS)
}

/// What the Rust code of an entry declares, and what its C code was compiled with.
fn signatures(entry: &corpus::Entry, objects: &[Object]) -> Result<Signatures> {
    let place = entry.work.join("ir");
    if !place.is_dir() {
        emit(entry, &place)?;
    }
    let symbols = objects.iter().flat_map(|object| &object.symbols);
    let names = SymbolNames::new(symbols.map(|symbol| symbol.name.clone()));
    let mut signatures = Signatures::default();
    let files = fs::read_dir(place.join("release/deps"))?;
    let mut files: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|e| e == "ll"))
    {
        signatures.read_of(file, &names)?;
    }
    let of_c = objects
        .iter()
        .filter(|object| object.language == Language::C);
    signatures.add_debug_info(of_c, |_| false);
    Ok(signatures)
}

/// As `cargo abide check` does it: that program stands in for rustc.
fn emit(entry: &corpus::Entry, place: &std::path::Path) -> Result<()> {
    let checker = checker()?;
    eprintln!("emitting IR of {} {}", entry.name, entry.version);
    let status = Command::new("cargo")
        .args([
            "check",
            "--quiet",
            "--release",
            "--locked",
            "--manifest-path",
        ])
        .arg(entry.project.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(place)
        .env("RUSTC_WRAPPER", checker)
        .env("ABIDE_SIGNATURES", "1")
        .status()
        .context("failed to run cargo")?;
    ensure!(status.success(), "`cargo check` failed");
    Ok(())
}

fn table(name: &str, objects: Vec<Object>, signatures: &Signatures) -> Result<()> {
    let wanted: HashSet<String> = objects
        .iter()
        .filter(|object| object.language == Language::Rust)
        .flat_map(|object| &object.symbols)
        .filter(|symbol| symbol.place == SymbolPlace::Undefined)
        .map(|symbol| symbol.name.clone())
        .collect();
    let unit = project::judge_unit(Image::new(objects), &Project::default(), signatures)?;
    let is_rusts = |root: &&RootVerdicts| {
        let trace = unit.image.trace_of_assembly(root.root.place);
        wanted.contains(&root.root.name) || trace.is_some_and(Trace::is_inside_rust)
    };
    let is_declared = |root: &&RootVerdicts| root.contract.declared.is_some();
    let by_rust = unit.roots.iter().filter(is_rusts);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (rule, verdict) in unit.roots.iter().flat_map(|root| &root.verdicts) {
        if rule.is_of_declarations() {
            *counts.entry(verdict.word()).or_default() += 1;
        }
        if rule.is_of_declarations() && matches!(verdict, Verdict::Refuted(_)) {
            eprintln!("{name}: {} is refuted", rule.id);
        }
    }
    let count = |word: &str| counts.get(word).copied().unwrap_or(0);
    println!(
        "{name:<14} {:>5} {:>7} {:>8} {:>8} {:>7} {:>7} {:>8} {:>7}",
        unit.roots.len(),
        by_rust.clone().count(),
        unit.roots.iter().filter(is_declared).count(),
        by_rust.filter(is_declared).count(),
        count("proved"),
        count("refuted"),
        count("possible"),
        count("unknown"),
    );
    Ok(())
}

/// What is said of one changed declaration.
struct Judged {
    change: &'static str,
    said: &'static str,
    /// The code begins with what holds garbage by the change.
    is_read: bool,
}

fn changed(subjects: &[(Subject, Signatures)], options: &Options) {
    let judged = parallel::map(subjects, |(subject, signatures)| {
        judge(subject, signatures, options.searches)
    });
    let functions = judged.iter().filter(|judged| !judged.is_empty()).count();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for judged in judged.iter().flatten() {
        *counts.entry((judged.change, judged.said)).or_default() += 1;
    }
    println!(
        "\nchanged declarations of {functions} functions that are proved as they are declared:\n"
    );
    println!(
        "{:<34} {:>6} {:>8} {:>9} {:>8} {:>7} {:>8}",
        "", "made", "refuted", "possible", "unknown", "proved", "and read"
    );
    for change in ALL {
        let count = |said| counts.get(&(change.name, said)).copied().unwrap_or(0);
        let all: usize = ["refuted", "possible", "unknown", "proved"]
            .map(count)
            .iter()
            .sum();
        let seen = if change.is_seen { "" } else { " (not seen)" };
        let read = judged.iter().flatten().filter(|judged| {
            judged.change == change.name && judged.said == "proved" && judged.is_read
        });
        println!(
            "{:<34} {all:>6} {:>8} {:>9} {:>8} {:>7} {:>8}",
            format!("{}{seen}", change.name),
            count("refuted"),
            count("possible"),
            count("unknown"),
            count("proved"),
            read.count(),
        );
    }
}

/// The changes of one function, if it is proved as it is declared.
fn judge(subject: &Subject, signatures: &Signatures, searches: u32) -> Vec<Judged> {
    let Some(signature) = signatures.first(&subject.root.name) else {
        return Vec::new();
    };
    let contract = Contract::declared;
    let verdict = |contract: &Contract| {
        let around = &subject.around;
        said(&judge_root_as(
            &around.image,
            &subject.root,
            contract,
            &around.roots,
            searches,
        ))
    };
    let Some(as_declared) = Lowered::of(signature, &SYSTEM_V_X86_64).map(contract) else {
        return Vec::new();
    };
    if verdict(&as_declared) != "proved" {
        return Vec::new();
    }
    let name = &subject.root.name;
    let judged = ALL.iter().filter_map(|change: &Change| {
        let changed = (change.make)(signature, subject.root.name.len())?;
        let changed = contract(Lowered::of(&changed, &SYSTEM_V_X86_64)?);
        let judged = Judged {
            change: change.name,
            said: verdict(&changed),
            is_read: reads::garbage(subject, &as_declared, &changed),
        };
        if judged.said == "proved" && judged.is_read {
            eprintln!(
                "{name} is proved and reads what it should not: {}",
                change.name
            );
        }
        Some(judged)
    });
    judged.collect()
}

fn said(verdicts: &RootVerdicts) -> &'static str {
    let words = verdicts.verdicts.iter().map(|(_, verdict)| verdict.word());
    let words: Vec<_> = words.collect();
    let worst = ["refuted", "possible", "unknown"].into_iter();
    let mut worst = worst.filter(|word| words.contains(word));
    worst.next().unwrap_or("proved")
}
