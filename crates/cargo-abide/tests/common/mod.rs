//! What the tests of the command have in common.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod formats;
pub(crate) mod package;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

/// A directory of the test's own, empty.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Runs a tool that must succeed.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// `cargo-abide` in a directory. Projects build there, wherever the tests themselves are built.
pub(crate) fn checker(dir: &Path) -> Command {
    let mut checker = Command::new(assert_cmd::cargo::cargo_bin!("cargo-abide"));
    checker.current_dir(dir).env_remove("CARGO_TARGET_DIR");
    checker
}

/// Runs `cargo-abide` in a directory.
pub(crate) fn abide<S: AsRef<std::ffi::OsStr>>(dir: &Path, arguments: &[S]) -> Output {
    checker(dir).args(arguments).output().unwrap()
}

/// Links as for Windows, by the linker that comes with Rust.
pub(crate) fn link_for_windows(dir: &Path, arguments: &[&str]) {
    let sysroot = run(Command::new("rustc").args(["--print", "sysroot"]));
    let host = run(Command::new("rustc").args(["--print", "host-tuple"]));
    let linker = Path::new(stdout(&sysroot).trim())
        .join("lib/rustlib")
        .join(stdout(&host).trim())
        .join("bin/rust-lld");
    let mut lld = Command::new(linker);
    lld.current_dir(dir).args(["-flavor", "link"]);
    run(lld.args(arguments));
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Standard error as text.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Assembles `source` into `a.o`, with its lines.
pub(crate) fn assemble(dir: &Path, source: &str) {
    std::fs::write(dir.join("a.asm"), source).unwrap();
    run(Command::new("nasm")
        .current_dir(dir)
        .args(["-g", "-F", "dwarf", "-f", "elf64", "a.asm", "-o", "a.o"]));
}
