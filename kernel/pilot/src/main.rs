//! `pilot run IMAGE`: the kernel in this terminal, or, where there is none, a scripted visit.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};
use pilot::qemu::Qemu;
use pilot::{Machine, Options, session};

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

/// Gives the terminal to QEMU. A person wants `reboot` to start again and a fault's report to stay
/// where it can be read, so a reset resets, and the port that ends QEMU is left out: `off` then
/// works as on any machine, and QEMU's status says nothing of the kernel.
fn in_terminal(image: &Path, options: Options) -> Result<ExitCode> {
    let options = Options {
        reboots: true,
        exit_port: false,
        ..options
    };
    let mut command = options.command(image)?;
    command.args(["-display", "curses", "-serial", "none"]);
    println!("To leave, type `off` and Enter; or press Escape, then 2, and type `quit` and Enter.");
    // QEMU clears the screen at once; this is as long as it takes to read a line.
    sleep(Duration::from_secs(2));
    let status = Qemu::spawn(&mut command)?.wait()?;
    ensure!(status.success(), "QEMU failed ({status})");
    Ok(ExitCode::SUCCESS)
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
