//! The rules, each on cases that violate it, keep it, or leave it undecided.
//!
//! A case is one file `tests/cases/<rule>/{violated,kept,possible,unknown}/<case>.asm`. It begins with
//! directives and goes on with the parts that it is split into:
//!
//! ```text
//! ; check: --entry start a.o b.o      the arguments of `cargo abide check`
//! ; run: ar crs lib.a b.o             a command before it, in the case's directory; may repeat
//! ; format: elf32                   that NASM and gcc make, where it is not elf64
//! ; example                           the page of the rule shows this case and its report
//! ;;; a.asm                           assembled by NASM to a.o
//! ;;; b.asm -f elf32                  with other arguments
//! ;;; c.rs                            compiled by rustc to c.o
//! ;;; d.c, ;;; e.s                    by gcc
//! ;;; f.ld                            not compiled
//! ```
//!
//! The report is in `<case>.expected` beside it; `BLESS=1` writes it anew. Violated deny-level
//! cases exit with 1, all others with 0.

mod common;

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use abide::rules::{self, Level};
use common::{abide, formats, root, run, scratch, stderr, stdout};

const KINDS: [&str; 4] = ["violated", "kept", "possible", "unknown"];

fn cases_dir() -> PathBuf {
    root().join("tests/cases")
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn cases(rule: &str, kind: &str) -> Vec<PathBuf> {
    let mut paths = files(&cases_dir().join(rule).join(kind));
    paths.retain(|path| path.extension().is_some_and(|e| e == "asm"));
    paths
}

#[test]
fn reports_are_as_expected() {
    let mut failures = String::new();
    let mut seen = HashSet::new();
    for rule in rules::ALL {
        for kind in KINDS {
            for case in cases(rule.id, kind) {
                if let Err(failure) = try_case(rule, kind, &case, &mut seen) {
                    writeln!(failures, "{}: {failure}\n", case.display()).unwrap();
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{failures}`BLESS=1` accepts what is right"
    );
    let unseen = formats::unseen_fields(&formats::printed_schema("check"), &seen);
    // Cases have no lines of `abide.toml` in vain; `reports.rs` does.
    assert_eq!(
        unseen,
        ["baseline", "remarks", "gone", "known", "fingerprint"],
        "the schema names what no case writes"
    );
}

/// Tries a case; the fields of its JSON go into `seen`.
fn try_case(
    rule: &rules::Rule,
    kind: &str,
    path: &Path,
    seen: &mut HashSet<String>,
) -> Result<(), String> {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_stem().unwrap().to_string_lossy();
    let dir = scratch(&format!("cases/{}/{kind}/{name}", rule.id));
    build(&dir, &text);
    let arguments: Vec<_> = directive(&text, "check")
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let scope: &[_] = if rule.is_of_contracts() {
        &[]
    } else {
        &["--names"]
    };
    let arguments = [&["check"], scope, arguments.as_slice()].concat();
    let output = abide(&dir, &arguments);
    let report = without_hashes(&stdout(&output));

    let denied = kind == "violated" && rule.level == Level::Deny;
    let expected_code = i32::from(denied);
    if output.status.code() != Some(expected_code) {
        return Err(format!(
            "exit code {:?}, not {expected_code}\n{report}{}",
            output.status.code(),
            stderr(&output)
        ));
    }
    let is_told = matches!(kind, "violated" | "possible");
    if report.contains(&format!("[{}]", rule.id)) != is_told {
        return Err(format!("a case of kind `{kind}` reports\n{report}"));
    }
    formats::fields(&formats::check_all(&dir, &arguments)?, seen);
    compare(&path.with_extension("expected"), &report)
}

fn compare(expected: &Path, report: &str) -> Result<(), String> {
    if std::env::var_os("BLESS").is_some() {
        fs::write(expected, report).unwrap();
    }
    let known = fs::read_to_string(expected).unwrap_or_default();
    if known == report {
        Ok(())
    } else {
        Err(format!("expected\n{known}\nbut found\n{report}"))
    }
}

fn directive<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| {
        let line = line.strip_prefix("; ")?.strip_prefix(name)?;
        Some(line.strip_prefix(':')?.trim())
    })
}

fn build(dir: &Path, text: &str) {
    for part in text.split("\n;;; ").skip(1) {
        let (head, body) = part.split_once('\n').unwrap();
        let mut words = head.split_whitespace();
        let file = words.next().unwrap();
        fs::write(dir.join(file), format!("{}\n", body.trim_end())).unwrap();
        let format = directive(text, "format").next().unwrap_or("elf64");
        compile(dir, file, format, &words.collect::<Vec<_>>());
    }
    for command in directive(text, "run") {
        run(Command::new("sh").current_dir(dir).args(["-c", command]));
    }
}

fn compile(dir: &Path, file: &str, format: &str, flags: &[&str]) {
    let (stem, ending) = file.rsplit_once('.').unwrap();
    let object = format!("{stem}.o");
    let (tool, usual): (_, &[&str]) = match ending {
        "asm" if flags.is_empty() && format == "win32" => ("nasm", &["-f", format]),
        "asm" if flags.is_empty() => ("nasm", &["-g", "-F", "dwarf", "-f", format]),
        "asm" => ("nasm", &[]),
        "rs" => (
            "rustc",
            &[
                "--edition=2024",
                "--crate-type=lib",
                "--emit=obj",
                "-g",
                "-Cpanic=abort",
                "-Copt-level=1",
            ],
        ),
        "c" | "s" if format == "elf32" => ("gcc", &["-m32", "-g", "-c"]),
        "c" | "s" => ("gcc", &["-g", "-c"]),
        _ => return,
    };
    run(Command::new(tool)
        .current_dir(dir)
        .args(usual)
        .args(flags)
        .args(["-o", &object, file]));
}

/// Mangled names end in a hash that changes with the compiler.
fn without_hashes(report: &str) -> String {
    let mut out = String::new();
    let mut rest = report;
    while let Some(at) = rest.find("17h") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        // The hash ends in `E`, which is a digit itself.
        let digits = after
            .bytes()
            .take(16)
            .take_while(u8::is_ascii_hexdigit)
            .count();
        rest = if digits == 16 {
            out.push_str("<hash>");
            &after[digits..]
        } else {
            after
        };
    }
    out + rest
}

#[test]
fn every_rule_has_cases_of_every_kind() {
    for rule in rules::ALL {
        for kind in KINDS {
            // What an abstract path leads to and no run shows is not to be had of each rule.
            if kind == "possible" {
                continue;
            }
            let wanted = kind != "unknown" || rule.never_unknown.is_none();
            assert_eq!(
                !cases(rule.id, kind).is_empty(),
                wanted,
                "{} {kind}",
                rule.id
            );
        }
    }
    let known: BTreeSet<_> = rules::ALL.iter().map(|rule| rule.id.to_owned()).collect();
    for dir in files(&cases_dir()) {
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        assert!(known.contains(&name), "cases of no rule: {name}");
    }
}

#[test]
fn every_expectation_has_its_case() {
    for rule in rules::ALL {
        for kind in KINDS {
            for path in files(&cases_dir().join(rule.id).join(kind)) {
                let ending = path.extension().unwrap().to_string_lossy().into_owned();
                assert!(matches!(&*ending, "asm" | "expected"), "{}", path.display());
                assert!(path.with_extension("asm").exists(), "{}", path.display());
            }
        }
    }
}

/// What a page shows: the case's files, its commands, and what was reported.
fn example(rule: &rules::Rule, text: &str, report: &str) -> String {
    let mut shown = String::new();
    for part in text.split("\n;;; ").skip(1) {
        let (head, body) = part.split_once('\n').unwrap();
        let (file, flags) = head.split_once(' ').unwrap_or((head, ""));
        let language = match file.rsplit_once('.').unwrap().1 {
            "asm" => "nasm",
            "rs" => "rust",
            "s" => "gas",
            other => other,
        };
        let flags = match flags {
            "" => String::new(),
            flags => format!(", assembled with `{flags}`"),
        };
        let body = body.trim_end();
        writeln!(shown, "`{file}`{flags}:\n\n```{language}\n{body}\n```\n").unwrap();
    }
    shown.push_str("```text\n");
    for command in directive(text, "run") {
        writeln!(shown, "$ {command}").unwrap();
    }
    let scope = if rule.is_of_contracts() {
        ""
    } else {
        "--names "
    };
    let check = directive(text, "check").next().unwrap();
    writeln!(shown, "$ cargo abide check {scope}{check}").unwrap();
    let (findings, _) = report.split_once("\nchecked ").unwrap();
    writeln!(shown, "{}\n```", findings.trim_end()).unwrap();
    shown
}

#[test]
fn pages_show_a_case_and_what_is_reported_of_it() {
    const HEADING: &str = "## Example\n\n";
    for rule in rules::ALL {
        let is_example = |case: &PathBuf| {
            let text = fs::read_to_string(case).unwrap();
            text.lines().any(|line| line == "; example")
        };
        let mut cases = cases(rule.id, "violated");
        cases.retain(is_example);
        let [case] = cases.as_slice() else {
            panic!("{}: one case is the example, not {cases:?}", rule.id);
        };
        let text = fs::read_to_string(case).unwrap();
        let report = fs::read_to_string(case.with_extension("expected")).unwrap();
        let wanted = example(rule, &text, &report);
        let path = root().join(format!("crates/abide/src/rules/{}.md", rule.id));
        let page = fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(HEADING).unwrap();
        let (found, after) = rest.split_once("\n## ").unwrap();
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, format!("{before}{HEADING}{wanted}\n## {after}")).unwrap();
        } else {
            assert_eq!(found, wanted, "{}: `BLESS=1` writes it", rule.id);
        }
    }
}

#[test]
fn the_readme_shows_what_is_reported() {
    let case = cases_dir().join("clobbered_register/violated/one_path.expected");
    let report = fs::read_to_string(case).unwrap();
    let (finding, _) = report.split_once("\n\nchecked ").unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(finding), "{finding}");
}

#[test]
fn the_wrapper_of_2013_is_told_as_it_is() {
    let case = cases_dir().join("misaligned_call/violated/keyboard_of_2013.asm");
    let text = fs::read_to_string(&case).unwrap();
    let report = fs::read_to_string(case.with_extension("expected")).unwrap();
    let (_, source) = text.split_once(";;; kbd.asm\n").unwrap();
    let (findings, _) = report.split_once("\n\nchecked ").unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(source.trim_end()), "{source}");
    let errors = findings
        .split("\n\n")
        .filter(|told| told.starts_with("error["));
    for error in errors {
        assert!(readme.contains(error), "{error}");
    }
    let page = fs::read_to_string(root().join("docs/keyboard.md")).unwrap();
    assert!(page.contains(source.trim_end()), "{source}");
    assert!(page.contains(report.trim_end()), "{report}");
}

#[test]
fn pages_have_one_form_and_explain_prints_them() {
    let headings = [
        "## What it does",
        "## Why is this bad",
        "## Example",
        "## What to do instead",
        "## References",
    ];
    for rule in rules::ALL {
        let path = root().join(format!("crates/abide/src/rules/{}.md", rule.id));
        let page = fs::read_to_string(path).unwrap();
        let output = abide(&root(), &["explain", rule.id]);
        assert_eq!(stdout(&output), page, "{}", rule.id);
        assert!(page.starts_with(&format!("# {}\n\nLevel: {}\n", rule.id, rule.level)));
        let found: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!(found, headings, "{}", rule.id);
        assert!(
            rule.summary().len() > 20 && rule.summary().len() < 90,
            "{}",
            rule.summary()
        );
    }
    let list = stdout(&abide(&root(), &["explain"]));
    for rule in rules::ALL {
        assert!(list.contains(rule.id), "{list}");
    }
}

#[test]
fn denied_messages_are_sentences_with_one_next_step() {
    for rule in rules::ALL {
        for case in cases(rule.id, "violated") {
            let report = fs::read_to_string(case.with_extension("expected")).unwrap();
            for finding in report.split("error[").skip(1) {
                let finding = finding.split("\n\n").next().unwrap();
                let (_, message) = finding.split_once("]: ").unwrap();
                let message = message.lines().next().unwrap();
                let first = message.chars().next().unwrap();
                assert!(!first.is_uppercase(), "{message}");
                assert!(!message.ends_with('.'), "{message}");
                assert!(message.contains(' '), "{message}");
                assert_eq!(finding.matches("= help: ").count(), 1, "{finding}");
                let (_, help) = finding.split_once("= help: ").unwrap();
                assert!(!help.chars().next().unwrap().is_uppercase(), "{help}");
                assert!(!help.trim_end().ends_with('.'), "{help}");
                // One of a root's code names what to change.
                assert!(!rule.is_of_contracts() || help.contains('`'), "{help}");
            }
        }
    }
}
