//! Reports for programs, in what they say: that they are well-formed is asked of every case.

mod common;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::formats::{check_all, is_sarif, printed, printed_schema};
use common::{abide, run, scratch, stdout};
use serde_json::Value;

const ASSEMBLY: &str = "section .note.GNU-stack noalloc noexec nowrite progbits
global element:function
section .text
element:
    mov eax, [rdi + rsi * 4]
    ret
";

const RUST: &str = "unsafe extern \"C\" {
    fn element(list: *const u32, index: u32) -> u32;
}
pub unsafe fn caller(list: &[u32], index: u32) -> u32 {
    unsafe { element(list.as_ptr(), index) }
}
";

const FILES: [&str; 6] = ["--signatures", "c.ll", "--source", "c.rs", "a.o", "c.o"];

fn assemble(dir: &Path, file: &str, text: &str) {
    fs::write(dir.join(file), text).unwrap();
    let object = file.replace(".asm", ".o");
    run(Command::new("nasm")
        .current_dir(dir)
        .args(["-g", "-F", "dwarf", "-f", "elf64", "-o", &object, file]));
}

/// A function that relies on bits which its declaration leaves open.
fn wrong_width(test: &str) -> PathBuf {
    let dir = scratch(test);
    assemble(&dir, "a.asm", ASSEMBLY);
    fs::write(dir.join("c.rs"), RUST).unwrap();
    run(Command::new("rustc").current_dir(&dir).args([
        "--edition=2024",
        "--crate-type=lib",
        "--emit=obj,llvm-ir",
        "-g",
        "-Cpanic=abort",
        "c.rs",
    ]));
    dir
}

fn sarif(dir: &Path, arguments: &[&str]) -> Value {
    let (text, _) = printed(dir, "sarif", arguments);
    let log = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    is_sarif(&log).unwrap();
    log
}

#[test]
fn sarif_leads_from_the_assembly_to_the_declaration() {
    let dir = wrong_width("sarif");
    let (_, code) = printed(&dir, "sarif", &FILES);
    assert_eq!(code, Some(1));
    let log = sarif(&dir, &FILES);
    let run = &log["runs"][0];
    let [result] = run["results"].as_array().unwrap().as_slice() else {
        panic!("{log:#}");
    };
    assert_eq!(result["ruleId"], "trusted_upper_bits");
    assert_eq!(result["level"], "error");
    let place = |location: &Value| {
        let place = &location["physicalLocation"];
        let file = place["artifactLocation"]["uri"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        (file, place["region"]["startLine"].as_u64().unwrap())
    };
    let location = &result["locations"][0];
    assert_eq!(place(location), ("a.asm".to_owned(), 5));
    let names = location["logicalLocations"].as_array().unwrap();
    assert_eq!(names[0]["fullyQualifiedName"], "a.o(.text+0x0)");
    assert_eq!(names[1]["fullyQualifiedName"], "element");
    let related = result["relatedLocations"].as_array().unwrap();
    let declared = related
        .iter()
        .find(|related| place(related) == ("c.rs".to_owned(), 2))
        .unwrap();
    // A page links to it where the message does.
    let link = format!("[c.rs:2]({})", declared["id"]);
    let message = result["message"]["text"].as_str().unwrap();
    assert!(message.contains(&link), "{message}");
    assert!(
        message.starts_with("`element` relies on bits of `rsi`"),
        "{message}"
    );
    let steps = &result["codeFlows"][0]["threadFlows"][0]["locations"];
    assert_eq!(place(&steps[0]["location"]), ("a.asm".to_owned(), 5));
    assert_eq!(steps[0]["executionOrder"], 1);
    let base = run["originalUriBaseIds"]["%SRCROOT%"]["uri"]
        .as_str()
        .unwrap();
    assert!(
        base.starts_with("file:///") && base.ends_with("/sarif/"),
        "{base}"
    );
}

#[test]
fn fingerprints_survive_an_edit_elsewhere() {
    let fingerprints = |dir: &Path| -> Vec<String> {
        let log = sarif(dir, &["--all-exported", "a.o"]);
        let results = log["runs"][0]["results"].as_array().unwrap().iter();
        let prints = results.map(|result| &result["partialFingerprints"]["abide/v1"]);
        prints
            .map(|print| print.as_str().unwrap().to_owned())
            .collect()
    };
    let spoilt =
        "global f:function\nsection .text\nf:\n    xor ebx, ebx\n    xor r12, r12\n    ret\n";
    let dir = scratch("fingerprints");
    assemble(&dir, "a.asm", spoilt);
    let before = fingerprints(&dir);
    assert!(before.len() >= 2, "{before:?}");
    // Another function before it, and other lines.
    let moved = spoilt.replace("f:\n", "\n\ng:\n    nop\n    ret\nf:\n    nop\n");
    assemble(&dir, "a.asm", &moved);
    assert_eq!(fingerprints(&dir), before);
    assemble(&dir, "a.asm", &spoilt.replace("r12", "r13"));
    let other = fingerprints(&dir);
    assert!(other != before && other.iter().any(|print| before.contains(print)));
}

#[test]
fn what_has_no_source_line_is_placed_in_its_object() {
    let dir = scratch("no lines");
    let text = "global f:function\nsection .text\nf:\n    xor ebx, ebx\n    ret\n";
    fs::write(dir.join("a.asm"), text).unwrap();
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "elf64", "a.asm"]));
    run(Command::new("ar")
        .current_dir(&dir)
        .args(["crs", "lib (1).a", "a.o"]));
    let files = ["--all-exported", "--whole-archive", "lib (1).a"];
    let log = sarif(&dir, &files);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let clobbered = results
        .iter()
        .find(|r| r["ruleId"] == "clobbered_register")
        .unwrap();
    let location = &clobbered["locations"][0];
    let file = &location["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(file, "lib%20%281%29.a");
    let name = &location["logicalLocations"][0]["fullyQualifiedName"];
    assert_eq!(name, "lib (1).a(a.o)(.text+0x2)");
    // Its uploader has no lines to make one of.
    let prints = &clobbered["partialFingerprints"];
    assert_eq!(prints["primaryLocationLineHash"], prints["abide/v1"]);
    let (text, _) = printed(&dir, "github", &files);
    let annotation = text
        .lines()
        .find(|line| line.contains("clobbered_register"))
        .unwrap();
    let expected = "::error title=abide%3A clobbered_register::`f` does not preserve `rbx`%0A";
    assert!(annotation.starts_with(expected), "{annotation}");
}

#[test]
fn annotations_stand_at_the_line_and_tell_the_other_side() {
    let dir = wrong_width("github");
    let (text, code) = printed(&dir, "github", &FILES);
    assert_eq!(code, Some(1));
    let annotation = text.lines().next().unwrap();
    let place = "::error file=a.asm,line=5,title=abide%3A trusted_upper_bits::`element` relies on";
    assert!(annotation.starts_with(place), "{annotation}");
    assert!(
        annotation.contains("%0Ac.rs:2: declared as `fn("),
        "{annotation}"
    );
    let warn = [&FILES[..], &["--warn", "trusted_upper_bits"]].concat();
    let (text, code) = printed(&dir, "github", &warn);
    assert_eq!(code, Some(0));
    assert!(text.starts_with("::warning file=a.asm,line=5,"), "{text}");
}

/// Names that would be commands to a terminal, a log or a page.
#[test]
fn hostile_names_are_told_in_every_format() {
    let dir = scratch("host,ile: 100% [x](y)");
    let names: [&[u8]; 4] = [
        b"a\n::error::b\x1b[31m\r",
        b"\xff\xfe_not_utf8",
        b"x](javascript:0) {0} %0A ::",
        "\u{202e}\"]\nroot = true".as_bytes(),
    ];
    let text = "global f1:function, f2:function, f3:function, f4:function\nsection .text
f1: xor ebx, ebx\n    ret\nf2: xor ebx, ebx\n    jmp rax\nf3: push rax\n    ret\nf4: iretq\n";
    assemble(&dir, "a b,c:d.asm", text);
    for (number, name) in (1..).zip(names) {
        let mut renamed = OsString::from(format!("f{number}="));
        renamed.push(OsString::from_vec(name.to_owned()));
        let mut objcopy = Command::new("objcopy");
        objcopy.current_dir(&dir).arg("--redefine-sym").arg(renamed);
        run(objcopy.arg("a b,c:d.o"));
    }
    let files = ["check", "--all-exported", "a b,c:d.o"];
    check_all(&dir, &files).unwrap();
    let shown = stdout(&abide(&dir, &files));
    let is_plain = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
    assert!(shown.chars().all(is_plain), "{shown}");
    assert!(!shown.lines().any(|line| line.starts_with("::")), "{shown}");
    assert!(shown.contains("warning[undecided]"), "{shown}");
    // What is to be written into `abide.toml` says nothing else there.
    for symbols in shown
        .lines()
        .filter_map(|line| line.split_once("symbols = "))
    {
        let list: Result<toml::Table, _> = format!("symbols = {}", symbols.1).parse();
        assert!(list.is_ok(), "{symbols:?}");
    }
    assert!(
        !shown.lines().any(|line| line.trim() == "root = true"),
        "{shown}"
    );
    let (annotations, _) = printed(&dir, "github", &files[1..]);
    let file = "file=a b%2Cc%3Ad.asm,";
    assert!(annotations.contains(file), "{annotations}");
    let log = sarif(&dir, &files[1..]);
    let results = log["runs"][0]["results"].as_array().unwrap().iter();
    let texts: Vec<_> = results
        .map(|result| result["message"]["text"].as_str().unwrap())
        .collect();
    let texts = texts.join("\n");
    assert!(!texts.contains("](javascript"), "{texts}");
    assert!(texts.contains("{{0}}"), "{texts}");
}

#[test]
fn lines_in_vain_are_remarks_in_every_format() {
    let dir = scratch("remarks");
    assemble(&dir, "a.asm", ASSEMBLY);
    let absent = "[[contract]]\nsymbols = [\"absent\"]\nclobbers = [\"rbx\"]\nreason = \"none\"\n";
    fs::write(dir.join("abide.toml"), absent).unwrap();
    let files = ["check", "--all-exported", "a.o"];
    let json = check_all(&dir, &files).unwrap();
    let remark = json["remarks"][0].as_str().unwrap();
    assert!(remark.contains("absent"), "{remark}");
    let (annotations, _) = printed(&dir, "github", &files[1..]);
    let line = format!("::warning::`abide.toml`: {remark}");
    assert!(
        annotations.lines().any(|found| found == line),
        "{annotations}"
    );
    let log = sarif(&dir, &files[1..]);
    let told = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(told["level"], "warning");
    assert_eq!(told["message"]["text"], remark);
}

#[test]
fn schemas_are_printed_and_say_what_they_describe() {
    for command in ["check", "symbols"] {
        let schema = printed_schema(command);
        let title = format!("What `cargo abide {command} --format json` writes");
        assert_eq!(schema["title"], title);
        assert_eq!(schema["properties"]["version"]["const"], 1);
    }
    assert_eq!(
        stdout(&abide(&scratch("schema"), &["schema"])),
        stdout(&abide(&scratch("schema"), &["schema", "check"]))
    );
}
