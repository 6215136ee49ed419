//! The README's example of a crate of one's own, run as it is written there.

mod common;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{root, scratch};

/// What stands for any text.
const ANY: &str = "…";

/// A command of the example, and what it is said to print.
struct Step<'a> {
    command: &'a str,
    output: Vec<&'a str>,
}

#[test]
fn the_example_runs_as_it_is_written() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let example = readme.split("## On your own code\n").nth(1).unwrap();
    let example = example.split("A test runs this").next().unwrap();
    let dir = scratch("readme/example");
    fs::write(
        dir.join("Cargo.toml"),
        "[package]\nname = \"example\"\nedition = \"2024\"\n[workspace]\n",
    )
    .unwrap();
    let files = blocks(example, |language| language != "console");
    assert_eq!(files.len(), 3);
    for (before, text) in files {
        let name = before.rsplit('`').nth(1).unwrap();
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let [(_, session)] = blocks(example, |language| language == "console")[..] else {
        panic!("one session is in the example");
    };
    let steps = steps(session);
    assert_eq!(steps.len(), 4);
    for step in steps {
        let printed = run(&dir, step.command);
        for expected in step.output.split(|line| *line == ANY) {
            let expected = expected.join("\n");
            let expected = expected.trim_end_matches(ANY);
            assert!(
                printed.contains(expected),
                "{}: {expected}\n{printed}",
                step.command
            );
        }
    }
}

/// The blocks of code in Markdown, each with the line before it.
fn blocks(text: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<(&str, &str)> {
    let mut parts = text.split("```");
    let mut found = Vec::new();
    while let (Some(before), Some(block)) = (parts.next(), parts.next()) {
        let (language, code) = block.split_once('\n').unwrap();
        if is_wanted(language) {
            found.push((before.trim_end().lines().last().unwrap(), code));
        }
    }
    found
}

fn steps(session: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in session.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step {
                command,
                output: Vec::new(),
            }),
            None => steps.last_mut().unwrap().output.push(line),
        }
    }
    steps
}

/// Runs a command as a reader does who has installed the tool.
fn run(dir: &Path, command: &str) -> String {
    let ours = Path::new(assert_cmd::cargo::cargo_bin!("cargo-abide"))
        .parent()
        .unwrap();
    let others = env::var_os("PATH").unwrap();
    let path: Vec<PathBuf> = [ours.to_owned()]
        .into_iter()
        .chain(env::split_paths(&others))
        .collect();
    let path: OsString = env::join_paths(path).unwrap();
    let output = Command::new("sh")
        .current_dir(dir)
        .args(["-c", command])
        .env("PATH", path)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{command}: {}",
        common::stderr(&output)
    );
    common::stdout(&output)
}
