//! A proof record says what was decided, of what; a second run holds it against what is now.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::package::{ADD, Package, assert_code};
use common::{abide, assemble, scratch, stderr, stdout};
use serde_json::Value;

const SOURCE: &str = "section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    mov [rdi], rsi
    ret
";

/// A directory with a record of a function that is proved.
fn recorded(test: &str) -> PathBuf {
    let dir = scratch(&format!("record/{test}"));
    assemble(&dir, SOURCE);
    fs::write(
        dir.join("abide.toml"),
        "[levels]\nuntyped_symbol = \"deny\"\n",
    )
    .unwrap();
    let words = ["check", "--record", "r.json", "--all-exported", "a.o"];
    assert_code(&abide(&dir, &words), 0);
    dir
}

fn verify(dir: &Path) -> Output {
    abide(dir, &["verify", "r.json"])
}

fn record(dir: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(dir.join("r.json")).unwrap()).unwrap()
}

/// Holds that the record is denied for this.
fn assert_changed(output: &Output, change: &str) {
    assert_code(output, 1);
    let told = stdout(output);
    let line = format!("changed: {change}");
    assert!(told.lines().any(|told| told == line), "{told}");
    assert!(told.contains("\nnot verified, changes: "), "{told}");
}

#[test]
fn it_says_what_was_decided_of_what_and_is_verified() {
    let dir = recorded("kept");
    let record = record(&dir);
    common::formats::is_of_schema("record", &record).unwrap();
    let hash = blake3::hash(&fs::read(dir.join("a.o")).unwrap()).to_hex();
    let object = &record["links"][0]["objects"][0];
    assert_eq!(object["name"], "a.o");
    assert_eq!(object["blake3"], *hash.as_str());
    let read = record["read"].as_array().unwrap().iter();
    let read: Vec<_> = read.map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(read, ["a.asm", "abide.toml"]);
    assert_eq!(record["tool"]["version"], env!("CARGO_PKG_VERSION"));
    let root = &record["links"][0]["roots"][0];
    assert_eq!(root["name"], "f");
    assert_eq!(root["verdicts"]["clobbered_register"], "proved");
    let assumptions = root["assumptions"].as_array().unwrap();
    assert!(assumptions.contains(&"no-alias".into()), "{root}");
    let output = verify(&dir);
    assert_code(&output, 0);
    let told = stdout(&output);
    assert!(told.contains(" and so are 3 objects and files"), "{told}");
    assert!(
        told.contains(" verdicts on 1 root, decided anew, are the same"),
        "{told}"
    );
}

#[test]
fn a_changed_object_is_told_with_what_follows() {
    let dir = recorded("object");
    assemble(
        &dir,
        &SOURCE
            .replace("rdi", "rbx")
            .replace("    ret", "    mov rbx, rdi\n    ret"),
    );
    let output = verify(&dir);
    assert_changed(&output, "`a.o` is not what it was");
    assert_changed(&output, "`a.asm` is not what it was");
    assert_changed(
        &output,
        "`f`: `clobbered_register` was proved, and is refuted",
    );
    assert_changed(&output, "`clobbered_register` of `f` is found now");
    // Its bytes alone are no verdict.
    assemble(&dir, &SOURCE.replace("rsi", "rdx"));
    let output = verify(&dir);
    assert_changed(&output, "`a.o` is not what it was");
    assert!(
        !stdout(&output).contains("was proved"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_changed_configuration_is_told() {
    let dir = recorded("configuration");
    fs::write(dir.join("abide.toml"), "").unwrap();
    assert_changed(&verify(&dir), "`abide.toml` is not what it was");
    fs::remove_file(dir.join("abide.toml")).unwrap();
    assert_changed(&verify(&dir), "`abide.toml` is gone");
}

#[test]
fn what_a_record_claims_is_decided_anew() {
    for (test, was, is, told) in [
        (
            "verdict",
            "\"clobbered_register\": \"proved\"",
            "\"clobbered_register\": \"refuted\"",
            "`f`: `clobbered_register` was refuted, and is proved",
        ),
        (
            "assumption",
            "\"no-alias\"",
            "\"all-is-well\"",
            "`f` leaned on all-is-well, no-self-modification, and leans on no-alias, \
             no-self-modification",
        ),
        (
            "root",
            "\"name\": \"f\"",
            "\"name\": \"g\"",
            "`f` is a new root",
        ),
    ] {
        let dir = recorded(test);
        let text = fs::read_to_string(dir.join("r.json")).unwrap();
        assert!(text.contains(was), "{text}");
        fs::write(dir.join("r.json"), text.replace(was, is)).unwrap();
        assert_changed(&verify(&dir), told);
    }
}

#[test]
fn another_program_is_told_and_denies_nothing() {
    let dir = recorded("tool");
    let mut record = record(&dir);
    record["tool"]["version"] = "0.0.1".into();
    fs::write(dir.join("r.json"), record.to_string()).unwrap();
    let output = verify(&dir);
    assert_code(&output, 0);
    let told = stdout(&output);
    assert!(
        told.contains("another program decided it: abide 0.0.1"),
        "{told}"
    );
}

#[test]
fn files_that_are_no_record_are_refused() {
    let dir = recorded("bad");
    let text = fs::read_to_string(dir.join("r.json")).unwrap();
    for (text, message) in [
        (String::new(), "is no proof record"),
        (text[..text.len() / 2].to_owned(), "is no proof record"),
        ("[]".to_owned(), "is no proof record"),
        (
            "{\"abide_baseline\": 1, \"findings\": []}".to_owned(),
            "is no proof record",
        ),
        (
            text.replace("\"words\"", "\"wordds\""),
            "is no proof record",
        ),
        (
            text.replace("\"abide_record\": 1,", "\"abide_record\": 2,"),
            "a proof record of version 2",
        ),
        (
            text.replace("--all-exported", "--of-tomorrow"),
            "a command that this version has not",
        ),
        (text.replace("\"a.o\"\n  ]", "\"b.o\"\n  ]"), "b.o"),
    ] {
        fs::write(dir.join("r.json"), text).unwrap();
        let output = verify(&dir);
        assert_code(&output, 2);
        let error = stderr(&output);
        assert!(
            error.starts_with("error: ") && error.contains(message),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    assert_code(&abide(&dir, &["verify", "none.json"]), 2);
    assert_code(
        &abide(
            &dir,
            &["check", "--record", "none/r.json", "--all-exported", "a.o"],
        ),
        2,
    );
}

#[test]
fn a_cargo_project_is_built_and_verified() {
    let package = Package::with_assembly("record");
    let verify = || abide(&package.root, &["abide", "verify", "r.json"]);
    assert_code(&package.check(&[]), 0);
    // What is shown again makes the same record as what is decided.
    let records = [
        &["--record", "r.json"][..],
        &["--no-cache", "--record", "r.json"],
    ]
    .map(|words| {
        assert_code(&package.check(words), 0);
        let mut record = record(&package.root);
        common::formats::is_of_schema("record", &record).unwrap();
        record["words"].take();
        record
    });
    assert_eq!(records[0], records[1]);
    let root = &records[0]["links"][0]["roots"][0];
    assert_eq!(root["name"], "sum_of");
    assert!(root["signature"].is_string(), "{root}");
    assert_code(&verify(), 0);
    package.write("src/add.asm", &ADD.replace("rcx", "rbx"));
    let output = verify();
    assert_code(&output, 1);
    let told = stdout(&output);
    let change = "`sum_of`: `clobbered_register` was proved, and is refuted";
    assert!(told.contains(change), "{told}");
    package.write("src/add.asm", "no assembly\n");
    assert_code(&verify(), 2);
}
