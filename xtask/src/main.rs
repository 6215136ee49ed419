//! `cargo xtask`: the project's own chores.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

mod bench;
mod checker;
mod clobbers;
mod corpus;
mod declarations;
mod mutants;
mod pairs;
mod projects;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod random;

/// The project's own chores.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Build the public corpus, check it, and print what was decided.
    Corpus(corpus::Options),
    /// Break proved functions of the corpus, and see that no mutant is proved.
    Mutants(mutants::Options),
    /// Write random functions, and run what is proved of them on the processor.
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    Random(random::Options),
    /// Ask of releases that mended a breach whether it is found before, and gone after.
    Pairs(pairs::Options),
    /// Ask about functions that break a convention on purpose.
    Clobbers(clobbers::Options),
    /// Hold the corpus to what its crates declare, and to declarations that were changed.
    Declarations(declarations::Options),
    /// Check every project of the corpus as its users would, signatures included.
    Projects(projects::Options),
    /// Time the checker beside `objdump -d`, and on several copies of one input.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    task().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        // As everywhere in abide: 2 says that the work could not be done.
        ExitCode::from(2)
    })
}

fn task() -> Result<ExitCode> {
    // While a corpus project is built, rustc runs this very program as its linker.
    if let Some(unit) = corpus::linker::destination() {
        return corpus::linker::run(&unit);
    }
    match Task::parse() {
        Task::Corpus(options) => corpus::run(&options),
        Task::Mutants(options) => mutants::run(&options),
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        Task::Random(options) => random::run(&options),
        Task::Pairs(options) => pairs::run(&options),
        Task::Clobbers(options) => clobbers::run(&options),
        Task::Declarations(options) => declarations::run(&options),
        Task::Projects(options) => projects::run(&options),
        Task::Bench(options) => bench::run(&options),
    }
}
