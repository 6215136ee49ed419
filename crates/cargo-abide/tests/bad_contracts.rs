//! Bad input to the contracts: one clear error and exit code 2, or a warning that names the nearest.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{abide, run, scratch, stderr, stdout};

const SOURCE: &str = "
global switch_to
global table
section .text
switch_to: ret
helper: ret
section .data
table: dq 0
";

fn objects(name: &str) -> PathBuf {
    let dir = scratch(name);
    fs::write(dir.join("a.asm"), SOURCE).unwrap();
    for format in ["elf64", "elfx32"] {
        run(Command::new("nasm")
            .current_dir(&dir)
            .args(["-f", format, "a.asm", "-o"])
            .arg(format!("{format}.o")));
    }
    // The same file, said to be for AArch64.
    let mut object = fs::read(dir.join("elf64.o")).unwrap();
    object[18..20].copy_from_slice(&183_u16.to_le_bytes());
    fs::write(dir.join("arm.o"), object).unwrap();
    dir
}

fn refused(dir: &Path, arguments: &[&str], message: &str) {
    let output = abide(dir, &[&["check"], arguments].concat());
    let error = stderr(&output);
    assert_eq!(
        output.status.code(),
        Some(2),
        "{arguments:?}: {error}{}",
        stdout(&output)
    );
    assert!(error.starts_with("error: "), "{arguments:?}: {error}");
    assert!(error.contains(message), "{arguments:?}: {error}");
    assert_eq!(error.lines().count(), 1, "{arguments:?}: {error}");
}

#[test]
fn roots_that_are_not_there_are_named() {
    let dir = objects("bad_roots");
    refused(&dir, &["elf64.o"], "name roots by `--root NAME`");
    refused(
        &dir,
        &["--root", "swtch_to", "elf64.o"],
        "the nearest is `switch_to`",
    );
    refused(
        &dir,
        &["--root", "table", "elf64.o"],
        "`table` is no function",
    );
    let output = abide(&dir, &["check", "--root", "helper", "--names", "elf64.o"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot be used with"));
}

#[test]
fn code_for_other_machines_is_not_judged() {
    let dir = objects("bad_machines");
    for (object, what) in [
        ("elfx32.o", "32-bit ELF for x86-64"),
        ("arm.o", "64-bit ELF"),
    ] {
        refused(&dir, &["--all-exported", object], what);
        let output = abide(
            &dir,
            &["check", "--names", "--allow", "executable_stack", object],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    }
}

#[test]
fn configurations_that_cannot_be_are_refused() {
    let dir = objects("bad_configurations");
    for (text, message) in [
        ("frobnicate = 1", "unknown field `frobnicate`"),
        ("[[contract]]\nsymbols = [\"f\"]", "missing field `reason`"),
        (
            "[[contract]]\nsymbols = [\"f\"]\nreason = \" \"",
            "empty `reason`",
        ),
        (
            "[[contract]]\nsymbols = []\nreason = \"r\"",
            "without `symbols`",
        ),
        (
            "[[contract]]\nsymbols = [\"f\"]\nclobers = []\nreason = \"r\"",
            "unknown field `clobers`",
        ),
        (
            "[[contract]]\nsymbols = [\"f\"]\nclobbers = [\"er8\"]\nreason = \"r\"",
            "`er8` in `c.toml` is no register",
        ),
        (
            "convention = \"vectorcall\"",
            "`vectorcall` in `c.toml` is no convention",
        ),
        (
            "[[contract]]\nsymbols = [\"f\"]\nconvention = \"msabi\"\nreason = \"r\"",
            "`msabi` in `c.toml` is no convention",
        ),
        (
            "[[contract]]\nsymbols = [\"f\"]\nclobbers = [\"rsp\"]\nreason = \"r\"",
            "`rsp` is no register to declare",
        ),
        (
            "[[contract]]\nsymbols = [\"f\"]\npreserves = [\"rbx\"]\nclobbers = [\"rbx\"]\n\
             reason = \"r\"",
            "said to preserve and to clobber `rbx`",
        ),
        (
            "[[contract]]\nsymbols = [\"f\"]\nmultiples = { rdi = 3 }\nreason = \"r\"",
            "no power of two",
        ),
        (
            "[[contract]]\nsymbols = [\"f\"]\nnot_a_function = true\nnever_returns = true\n\
             reason = \"r\"",
            "said to be no function",
        ),
        (
            "[[table]]\njump = \"f\"\nentries = 0\nreason = \"r\"",
            "no entries",
        ),
        (
            "[[instruction]]\nat = \"f\"\nreason = \"r\"",
            "nothing is stated of `f`",
        ),
        (
            "[[instruction]]\nat = \"f\"\naligned = 12\nreason = \"r\"",
            "aligned to 12, no power of two",
        ),
        (
            "[levels]\nclobberd_register = \"deny\"",
            "the nearest name is `clobbered_register`",
        ),
        (
            "[levels]\nclobbered_register = \"error\"",
            "`error` is no level",
        ),
    ] {
        fs::write(dir.join("c.toml"), text).unwrap();
        let output = abide(
            &dir,
            &["check", "--all-exported", "--config", "c.toml", "elf64.o"],
        );
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{text}: {error}");
        assert!(error.starts_with("error: "), "{text}: {error}");
        assert!(error.contains(message), "{text}: {error}");
    }
    refused(
        &dir,
        &["--config", "none.toml", "elf64.o"],
        "failed to read `none.toml`: No such",
    );
}

#[test]
fn what_fits_nothing_is_a_warning() {
    let dir = objects("unused_configuration");
    for (text, message) in [
        (
            "[[contract]]\nsymbols = [\"swich_to\"]\nreason = \"r\"",
            "`swich_to` fits no symbol of what was given; the nearest is `switch_to`",
        ),
        ("roots = [\"other_*\"]", "`other_*` fits no symbol"),
        (
            "[[table]]\njump = \"helpr+0x3\"\nentries = 3\nreason = \"r\"",
            "`helpr+0x3` names no place of what was given; the nearest is `helper`",
        ),
        (
            "[[instruction]]\nat = \"switch_to\"\nleads_to = [\"nowhere\"]\nreason = \"r\"",
            "`nowhere` names no place",
        ),
    ] {
        fs::write(dir.join("c.toml"), text).unwrap();
        let flags = [
            "check",
            "--allow",
            "executable_stack",
            "--all-exported",
            "--config",
        ];
        let output = abide(&dir, &[&flags[..], &["c.toml", "elf64.o"]].concat());
        let report = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{text}: {report}");
        let warning = format!("warning: `abide.toml`: {message}");
        assert!(report.contains(&warning), "{text}: {report}");
    }
}
