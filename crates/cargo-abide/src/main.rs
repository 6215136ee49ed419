//! `cargo abide`: the command line over the `abide` library.

mod arguments;
mod cargo;
mod check;
mod explain;
mod in_project;
mod in_vain;
mod kept;
mod list;
mod progress;
mod record;
mod schema;
mod symbols;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};

/// Findings at deny level.
const DENIED: u8 = 1;
/// The work could not be done.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    if let Some(done) = cargo::stand_in() {
        return done.unwrap_or_else(|error| failed(&error));
    }
    let arguments = Arguments::parse_from(arguments::without_cargo(std::env::args_os()));
    let done = match &arguments.command {
        Command::Check(check) => check::run(check),
        Command::List(check) => list::run(check),
        Command::Symbols(symbols) => symbols::run(symbols),
        Command::Explain(explain) => explain::run(explain),
        Command::Verify(verify) => record::verify(verify),
        Command::Schema(schema) => schema::run(schema),
    };
    match done {
        Ok(Outcome::Kept) => ExitCode::SUCCESS,
        Ok(Outcome::Denied) => ExitCode::from(DENIED),
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(io::stderr(), "error: {error:#}");
    ExitCode::from(FAILED)
}

/// How the work ended where it could be done.
enum Outcome {
    Kept,
    Denied,
}

/// Prints to standard output; whoever closes it early has seen enough.
fn print(text: &[u8]) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
