//! The pilot itself, tried on a boot sector that only echoes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use pilot::{Ending, Machine, Options};
use tempfile::TempDir;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/echo.asm");

/// Assembles the boot sector. It is removed with the directory that is returned.
fn echo() -> Result<(TempDir, PathBuf)> {
    let directory = tempfile::tempdir()?;
    let image = directory.path().join("echo, with a comma.img");
    let nasm = Command::new("nasm")
        .args(["-f", "bin", SOURCE, "-o"])
        .arg(&image)
        .status();
    ensure!(
        nasm.context("failed to run nasm")?.success(),
        "echo.asm does not assemble"
    );
    Ok((directory, image))
}

fn run(image: &Path, more: &[&str]) -> Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_pilot"))
        .arg("run")
        .arg(image)
        .args(more)
        .stdin(Stdio::null())
        .output()
        .context("failed to run the pilot")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_is_typed_is_echoed_and_shown() -> Result<()> {
    let (_directory, image) = echo()?;
    let mut machine = Machine::boot(&image, &Options::default())?;
    machine.prompt()?;
    machine.command("The quick BROWN fox {jumps}; over 13 lazy dogs?")?;
    assert!(
        machine
            .screen()?
            .has_line("abide> The quick BROWN fox {jumps}; over 13 lazy dogs?")
    );
    Ok(())
}

#[test]
fn a_machine_says_how_it_ended() -> Result<()> {
    let (_directory, image) = echo()?;
    let mut machine = Machine::boot(&image, &Options::default())?;
    machine.prompt()?;
    let key = pilot::Layout::Us.stroke('Q').context("a Q")?;
    machine.strike(&[key])?;
    assert_eq!(machine.ending()?.0, Ending::Off);
    Ok(())
}

#[test]
fn a_machine_that_does_not_answer_fails_the_visit() -> Result<()> {
    let (_directory, image) = echo()?;
    let output = run(&image, &[])?;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("abide> mem"),
        "its screen is shown"
    );
    assert!(stderr(&output).contains("the screen does not show the answer"));
    Ok(())
}

#[test]
fn what_cannot_be_run_is_told_from_what_fails() -> Result<()> {
    let (directory, image) = echo()?;
    let cases: [(&Path, &[&str], &str); 4] = [
        (
            Path::new("/nowhere/kernel.img"),
            &[],
            "there is no kernel image at /nowhere/kernel.img",
        ),
        (directory.path(), &[], "there is no kernel image at"),
        (
            &image,
            &["--qemu", "no-such-qemu"],
            "no-such-qemu is not installed",
        ),
        (
            &image,
            &["--qemu", "false"],
            "QEMU gave up at its start (exit status: 1)",
        ),
    ];
    for (image, more, message) in cases {
        let output = run(image, more)?;
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    Ok(())
}
