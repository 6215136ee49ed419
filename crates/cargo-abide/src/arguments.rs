//! What may be said on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cargo::Build;
use abide::rules::{self, Rule};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Checks the boundary between Rust and assembly.
#[derive(Debug, Parser)]
#[command(name = "cargo abide", bin_name = "cargo abide", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a Cargo project, or the objects of one link
    ///
    /// Exit code: 0 when nothing is denied, 1 when something is, 2 when the work could not be
    /// done.
    Check(Box<Check>),
    /// List what assembly and the rest refer to in each other, with what was decided of it
    ///
    /// It takes what `check` takes; the exit code is 0 whatever was decided, and 2 when the work
    /// could not be done.
    List(Box<Check>),
    /// List the symbols of objects, archives, programs and shared objects
    Symbols(Symbols),
    /// Print a rule's page, or the list of rules
    Explain(Explain),
    /// Decide again what a proof record says, and tell whether anything is otherwise
    ///
    /// The record is of the current directory. Exit code: 0 when all is as it says, 1 when something
    /// is not, 2 when the work could not be done.
    Verify(Verify),
    /// Print the JSON schema of what a command writes by `--format json`
    Schema(Schema),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Check {
    /// Objects, archives, rlibs, shared objects and programs, in the linker's order
    ///
    /// Without any, the Cargo project of the current directory is built and checked.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) build: Build,
    /// The symbol at which execution starts; the link is then complete
    #[arg(long, short, value_name = "SYMBOL")]
    pub(crate) entry: Option<String>,
    /// Nothing else joins the link: every name must be defined
    #[arg(long)]
    pub(crate) complete: bool,
    /// The linker script, for the names it defines and the sections it keeps or discards
    #[arg(long, short = 'T', value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// A name that the linker is told to define (`--defsym`)
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) define: Vec<String>,
    /// Sections that nothing refers to are dropped, as the linker's option does
    #[arg(long)]
    pub(crate) gc_sections: bool,
    /// All archives are searched again and again, as between `--start-group` and `--end-group`
    #[arg(long)]
    pub(crate) group: bool,
    /// Every member of every archive joins the link, as the linker's option does
    #[arg(long)]
    pub(crate) whole_archive: bool,
    /// The link makes a position-independent program
    #[arg(long, conflicts_with = "shared")]
    pub(crate) pie: bool,
    /// The link makes a program at a fixed address
    #[arg(long, conflicts_with_all = ["pie", "shared"])]
    pub(crate) no_pie: bool,
    /// The link makes a shared object
    #[arg(long)]
    pub(crate) shared: bool,
    /// The format of what is linked, as the linker's option: `binary` is a flat image
    #[arg(long, value_name = "FORMAT")]
    pub(crate) oformat: Option<String>,
    /// LLD links, not GNU ld
    #[arg(long)]
    pub(crate) lld: bool,
    /// Rust source and C headers, a directory or a file, to explain findings by and to read
    /// declarations from
    #[arg(long, value_name = "PATH")]
    pub(crate) source: Vec<PathBuf>,
    /// What functions are declared as: LLVM IR (`FILE.ll`, or a directory of such), or `FILE.json`
    ///
    /// `rustc --emit=llvm-ir` and `clang -S -emit-llvm` write IR. A JSON file is a list like
    /// `[{"symbol": "f", "rust": "fn(*const u8, u32) -> bool"}]`.
    #[arg(long, value_name = "PATH")]
    pub(crate) signatures: Vec<PathBuf>,
    /// Judge the names alone, not the contracts of functions
    #[arg(long)]
    pub(crate) names: bool,
    /// A function to hold to its contract, beside those that compiled objects refer to
    #[arg(long, value_name = "NAME", conflicts_with = "names")]
    pub(crate) root: Vec<String>,
    /// Hold every exported function in assembly to its contract
    #[arg(long, conflicts_with = "names")]
    pub(crate) all_exported: bool,
    /// Tell what relies on bits of narrow arguments that compilers define and the ABI does not
    #[arg(long, conflicts_with = "names")]
    pub(crate) strict: bool,
    /// What is declared of functions [default: `abide.toml` of the current directory; in a Cargo
    /// project also of the package, or of a directory above it in the workspace]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Findings that this file knows are not told, and do not fail the check
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write a file that knows all findings of now, for `--baseline`
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Write a proof record: objects, assumptions and verdicts, for `cargo abide verify`
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Decide everything anew, though nothing has changed since it was decided
    #[arg(long, help_heading = "Cargo project (where no file is given)")]
    pub(crate) no_cache: bool,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// Colours in text
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    /// Report this rule's findings and fail; `possible` and `unknown` stand for all such verdicts
    #[arg(long, value_name = "RULE", value_parser = weighed)]
    pub(crate) deny: Vec<Weighed>,
    /// Report this rule's findings
    #[arg(long, value_name = "RULE", value_parser = weighed)]
    pub(crate) warn: Vec<Weighed>,
    /// Do not report this rule's findings
    #[arg(long, value_name = "RULE", value_parser = weighed)]
    pub(crate) allow: Vec<Weighed>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// What `cargo abide check --record` wrote
    #[arg(value_name = "FILE")]
    pub(crate) record: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Symbols {
    /// Objects, archives, rlibs, shared objects and programs
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How the table is written; `objdump` is what GNU `objdump -t` or `-T` prints (ELF only)
    #[arg(long, value_enum, default_value_t = SymbolsFormat::Text)]
    pub(crate) format: SymbolsFormat,
    /// The dynamic symbol table in place of the static one
    #[arg(long, short = 'T')]
    pub(crate) dynamic: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The rule; without one, all rules are listed
    #[arg(value_parser = rule)]
    pub(crate) rule: Option<&'static Rule>,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The command
    #[arg(value_enum, value_name = "COMMAND", default_value_t = Described::Check)]
    pub(crate) command: Described,
}

/// What is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Described {
    Check,
    List,
    /// A proof record, which `check --record` writes
    Record,
    Symbols,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For pages of code scanning, as GitHub's
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SymbolsFormat {
    Text,
    Objdump,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

/// Cargo calls `cargo-abide abide …` for `cargo abide …`.
pub(crate) fn without_cargo(
    arguments: impl Iterator<Item = OsString>,
) -> impl Iterator<Item = OsString> {
    arguments
        .enumerate()
        .filter(|(i, argument)| !(*i == 1 && argument == "abide"))
        .map(|(_, argument)| argument)
}

/// The words behind the command, as they were given.
pub(crate) fn words() -> impl Iterator<Item = OsString> {
    without_cargo(std::env::args_os()).skip(2)
}

/// What these words behind `check` ask for.
pub(crate) fn check_by(words: &[String]) -> Result<Box<Check>, clap::Error> {
    let words = ["cargo abide", "check"]
        .into_iter()
        .chain(words.iter().map(String::as_str));
    match Arguments::try_parse_from(words)?.command {
        Command::Check(check) => Ok(check),
        // The second word is `check`.
        _ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
    }
}

/// What a level may be given to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Weighed {
    /// A rule.
    Rule(&'static Rule),
    /// What is possible, but not shown by a run.
    Possible,
}

pub(crate) fn weighed(id: &str) -> Result<Weighed, String> {
    match id {
        "possible" => Ok(Weighed::Possible),
        "unknown" => Ok(Weighed::Rule(&rules::UNDECIDED)),
        _ => rule(id).map(Weighed::Rule),
    }
}

pub(crate) fn rule(id: &str) -> Result<&'static Rule, String> {
    rules::find(id).ok_or_else(|| match rules::nearest(id) {
        Some(rule) => format!("there is no such rule; the nearest name is `{}`", rule.id),
        None => "there is no such rule".to_owned(),
    })
}
