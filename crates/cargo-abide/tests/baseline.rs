//! An old project adopts the checker: what was found then is known, and only what is new fails.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::package::{ADD, Package, assert_code};
use common::{abide, assemble, scratch, stderr, stdout};

const SOURCE: &str = "section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    xor ebx, ebx
    ret
";

const OTHER: &str = "global a:function
a:
    xor r12d, r12d
    ret
";

fn adopted(test: &str) -> PathBuf {
    let dir = scratch(&format!("baseline/{test}"));
    assemble(&dir, SOURCE);
    assert_code(&check(&dir, &[]), 1);
    let written = check(&dir, &["--write-baseline", "b.json"]);
    assert_code(&written, 0);
    assert!(
        stdout(&written).contains("0 denied, 0 warned, 1 known"),
        "{}",
        stdout(&written)
    );
    dir
}

fn check(dir: &Path, more: &[&str]) -> Output {
    abide(dir, &[&["check", "--all-exported", "a.o"], more].concat())
}

#[test]
fn known_findings_do_not_fail_and_new_ones_do() {
    let dir = adopted("new");
    let known = check(&dir, &["--baseline", "b.json"]);
    assert_code(&known, 0);
    assert!(!stdout(&known).contains("error["), "{}", stdout(&known));
    assemble(
        &dir,
        &SOURCE.replace("    ret", "    xor r12d, r12d\n    ret"),
    );
    let new = check(&dir, &["--baseline", "b.json"]);
    assert_code(&new, 1);
    let report = stdout(&new);
    assert!(report.contains("1 denied, 0 warned, 1 known"), "{report}");
    assert!(report.contains("`f` does not preserve `r12`"), "{report}");
    assert!(!report.contains("`f` does not preserve `rbx`"), "{report}");
}

#[test]
fn edits_elsewhere_change_nothing() {
    let dir = adopted("edits");
    let source = SOURCE.replace("f:\n", "before:\n    nop\n    ret\nf:\n    nop\n    nop\n");
    assemble(&dir, &source);
    assert_code(&check(&dir, &["--baseline", "b.json"]), 0);
}

#[test]
fn what_no_longer_occurs_is_told() {
    let dir = adopted("gone");
    assemble(&dir, &SOURCE.replace("ebx", "ecx"));
    let output = check(&dir, &["--baseline", "b.json"]);
    assert_code(&output, 0);
    let told = "warning: `clobbered_register` of `f` is in the baseline, and no longer occurs";
    assert!(stdout(&output).contains(told), "{}", stdout(&output));
    let json = check(&dir, &["--baseline", "b.json", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    common::formats::is_of_schema("check", &json).unwrap();
    assert_eq!(json["baseline"]["known"], 0);
    assert_eq!(json["baseline"]["gone"][0]["symbol"], "f");
}

#[test]
fn the_file_is_ordered_and_says_what_it_knows() {
    let dir = adopted("file");
    assemble(&dir, &format!("{SOURCE}{OTHER}"));
    let mut texts = (0..2).map(|_| {
        assert_code(&check(&dir, &["--write-baseline", "b.json"]), 0);
        fs::read_to_string(dir.join("b.json")).unwrap()
    });
    let text = texts.next().unwrap();
    assert_eq!(Some(&text), texts.next().as_ref());
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let symbols = file["findings"].as_array().unwrap().iter();
    let symbols: Vec<_> = symbols.map(|one| one["symbol"].as_str().unwrap()).collect();
    assert_eq!(symbols, ["a", "f"]);
    assert_eq!(file["abide_baseline"], 1);
    for word in ["a.asm", "\"line\"", "0x"] {
        assert!(!text.contains(word), "{text}");
    }
}

#[test]
fn files_that_are_no_baseline_are_refused() {
    let dir = adopted("bad");
    let text = fs::read_to_string(dir.join("b.json")).unwrap();
    for (text, message) in [
        (String::new(), "`c.json` is no baseline"),
        (text[..text.len() / 2].to_owned(), "`c.json` is no baseline"),
        (
            "{\"version\": 1, \"findings\": []}".to_owned(),
            "`c.json` is no baseline",
        ),
        ("[]".to_owned(), "`c.json` is no baseline"),
        (
            text.replace("\"rule\"", "\"rulle\""),
            "`c.json` is no baseline",
        ),
        (text.replace(": 1,", ": 2,"), "a baseline of version 2"),
    ] {
        fs::write(dir.join("c.json"), text).unwrap();
        let output = check(&dir, &["--baseline", "c.json"]);
        assert_code(&output, 2);
        let error = stderr(&output);
        assert!(
            error.starts_with("error: ") && error.contains(message),
            "{error}"
        );
        assert!(error.contains("--write-baseline"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    assert_code(&check(&dir, &["--baseline", "none.json"]), 2);
    assert_code(&check(&dir, &["--write-baseline", "none/b.json"]), 2);
}

#[test]
fn a_cargo_project_adopts_it_for_all_links() {
    let package = Package::with_assembly("baseline");
    package.spoil();
    assert_code(&package.check(&[]), 1);
    assert_code(
        &package.check(&["--write-baseline", "abide-baseline.json"]),
        0,
    );
    let known = ["--baseline", "abide-baseline.json"];
    assert_code(&package.check(&known), 0);
    package.write("src/add.asm", &ADD.replace("rcx", "rbp"));
    assert_code(&package.check(&known), 1);
}
