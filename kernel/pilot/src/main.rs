//! `pilot run IMAGE`: the kernel in this terminal, or, where there is none, a scripted visit.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use pilot::qemu::Qemu;
use pilot::{Ending, Machine, Options, session};

/// Boots the kernel under QEMU.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Runs the kernel: in this terminal, or, off a terminal, through a scripted visit.
    Run {
        /// The disk image.
        image: PathBuf,
        /// The emulator's program.
        #[arg(long, value_name = "PROGRAM", default_value = "qemu-system-x86_64")]
        qemu: PathBuf,
    },
}

/// The kernel ran and did not do what it should.
const FAILED: u8 = 1;
/// It could not be run at all.
const NOT_DONE: u8 = 2;

fn main() -> ExitCode {
    let Action::Run { image, qemu } = Arguments::parse().command;
    let options = Options {
        qemu,
        ..Options::default()
    };
    let done = if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        in_terminal(&image, options)
    } else {
        scripted(&image, &options)
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(NOT_DONE)
    })
}

/// Gives the terminal to QEMU. A person may leave through QEMU's monitor too, whose `quit` gives
/// status 0; a reset restarts the kernel here, so 0 means nothing else.
fn in_terminal(image: &Path, options: Options) -> Result<ExitCode> {
    let options = Options {
        reboots: true,
        ..options
    };
    let mut command = options.command(image)?;
    command.args(["-display", "curses", "-serial", "none"]);
    println!("To leave, type `off` and Enter; or press Escape, then 2, and type `quit` and Enter.");
    std::thread::sleep(std::time::Duration::from_secs(2));
    let ending = Qemu::spawn(&mut command)?.wait()?.into();
    Ok(match ending {
        Ending::Off | Ending::Reset => ExitCode::SUCCESS,
        _ => {
            eprintln!("The kernel ended: {ending}.");
            ExitCode::from(FAILED)
        }
    })
}

/// Prints the screen, whatever the visit came to: where it failed, that says most.
fn scripted(image: &Path, options: &Options) -> Result<ExitCode> {
    let mut machine = Machine::boot(image, options)?;
    Ok(match session::visit(&mut machine) {
        Ok(screen) => {
            print!("{screen}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            if let Ok(screen) = machine.screen() {
                print!("{screen}");
            }
            eprintln!("error: {error:#}");
            ExitCode::from(FAILED)
        }
    })
}
