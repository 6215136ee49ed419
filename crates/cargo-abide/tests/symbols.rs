//! `cargo abide symbols`, as text and as JSON.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{abide, run, scratch, stdout};

/// Assembly and Rust that call each other, and C that neither calls.
fn objects(test: &str) -> PathBuf {
    let dir = scratch(test);
    std::fs::write(
        dir.join("a.asm"),
        "extern main\nglobal start:function hidden (start.end - start), load:function\n\
         start: call main\n.end:\nload: ret\n",
    )
    .unwrap();
    std::fs::write(
        dir.join("r.rs"),
        "#![no_std]\nunsafe extern \"C\" { fn load(); }\n\
         #[unsafe(no_mangle)] pub extern \"C\" fn main() { unsafe { load() } }\n\
         #[inline(never)] pub fn own(a: u8) -> u8 { a }\n",
    )
    .unwrap();
    std::fs::write(dir.join("c.c"), "int c(void) { return 1; }\n").unwrap();
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "elf64", "-o", "a.o", "a.asm"]));
    run(Command::new("rustc").current_dir(&dir).args([
        "--edition=2024",
        "--crate-type=lib",
        "--emit=obj",
        "-Cpanic=abort",
        "-o",
        "r.o",
        "r.rs",
    ]));
    run(Command::new("gcc")
        .current_dir(&dir)
        .args(["-c", "-o", "c.o", "c.c"]));
    dir
}

fn listing(dir: &Path) -> serde_json::Value {
    let output = abide(dir, &["symbols", "--format", "json", "a.o", "r.o", "c.o"]);
    assert_eq!(output.status.code(), Some(0));
    let listing = serde_json::from_slice(&output.stdout).unwrap();
    common::formats::is_of_schema("symbols", &listing).unwrap();
    listing
}

#[test]
fn crossings_name_both_sides() {
    let listing = listing(&objects("symbols_json"));
    assert_eq!(listing["version"], 1);
    let languages: Vec<_> = listing["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["language"])
        .collect();
    assert_eq!(languages, ["assembly", "Rust", "C"]);
    let symbol = |object: usize, name: &str| {
        let symbols = listing["objects"][object]["symbols"].as_array().unwrap();
        let named = |s: &&serde_json::Value| s["name"] == name || s["demangled"] == name;
        symbols
            .iter()
            .find(named)
            .unwrap_or_else(|| panic!("{name}: {symbols:?}"))
            .clone()
    };
    assert_eq!(symbol(0, "main")["crossing"], "asm → Rust");
    assert_eq!(symbol(1, "main")["crossing"], "asm → Rust");
    assert_eq!(symbol(0, "load")["crossing"], "Rust → asm");
    let start = symbol(0, "start");
    assert_eq!(
        (&start["binding"], &start["size"], &start["kind"]),
        (&"global hidden".into(), &5.into(), &"function".into())
    );
    assert!(start.get("crossing").is_none());
    assert!(symbol(2, "c").get("crossing").is_none());
    assert_eq!(symbol(1, "r::own")["language"], "Rust");
}

#[test]
fn the_table_has_a_line_a_symbol() {
    let dir = objects("symbols_text");
    let text = stdout(&abide(&dir, &["symbols", "a.o"]));
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("a.o: 64-bit ELF for x86-64, assembly"));
    let headings: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(
        headings,
        [
            "KIND", "BINDING", "SECTION", "VALUE", "SIZE", "LANGUAGE", "CROSSING", "NAME"
        ]
    );
    let start = lines.find(|line| line.ends_with(" start")).unwrap();
    let cells: Vec<_> = start.split_whitespace().collect();
    assert_eq!(
        cells,
        [
            "function", "global", "hidden", ".text", "0x0", "5", "assembly", "start"
        ]
    );
}

#[test]
fn colours_and_reports_are_for_terminals_and_programs() {
    let dir = objects("symbols_report");
    let plain = stdout(&abide(&dir, &["check", "--complete", "r.o"]));
    assert!(!plain.contains('\u{1b}') && plain.contains("error[undefined_symbol]"));
    let colour = stdout(&abide(
        &dir,
        &["check", "--complete", "--color", "always", "r.o"],
    ));
    assert!(colour.contains('\u{1b}'));
    let json = abide(&dir, &["check", "--complete", "--format", "json", "r.o"]);
    assert_eq!(json.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["findings"][0]["rule"], "undefined_symbol");
    assert_eq!(report["findings"][0]["symbol"], "load");
    assert_eq!(report["findings"][0]["level"], "deny");
    let warned = abide(
        &dir,
        &["check", "--complete", "--warn", "undefined_symbol", "r.o"],
    );
    assert_eq!(warned.status.code(), Some(0));
    let allowed = abide(
        &dir,
        &["check", "--complete", "--allow", "undefined_symbol", "r.o"],
    );
    assert!(!stdout(&allowed).contains("undefined_symbol]"));
    let again = abide(&dir, &["check", "--complete", "--format", "json", "r.o"]);
    assert_eq!(json.stdout, again.stdout);
}
