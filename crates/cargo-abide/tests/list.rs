//! `cargo abide list`: the crossings of files and of projects.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::formats::{is_of_schema, printed_schema};
use common::package::Package;
use common::{abide, run, scratch, stderr, stdout};
use serde_json::Value;

const ASSEMBLY: &str = "section .note.GNU-stack noalloc noexec nowrite progbits
global scale:function, spoil:function, handler:function, counter:data
extern note, table, memcpy
section .data
counter: dq 0
section .text
scale:
    sub rsp, 8
    call note
    call helper
    add rsp, 8
    ret
helper:
    mov rax, [table]
    ret
spoil:
    xor ebx, ebx
    jmp memcpy
handler:
    push rax
    inc qword [rel counter]
    pop rax
    iretq
";

const RUST: &str = "#![no_std]
unsafe extern \"C\" {
    fn scale(a: u64) -> u64;
    fn handler();
    static counter: u64;
}
#[unsafe(no_mangle)] pub extern \"C\" fn note(a: u64) -> u64 { a }
#[unsafe(no_mangle)] pub static table: u64 = 3;
pub unsafe fn caller(a: u64) -> u64 { unsafe { scale(a) + counter } }
pub fn gate() -> usize { handler as *const () as usize }
";

const C: &str = "extern long spoil(long a, int b);\nlong from_c(void) { return spoil(1, 2); }\n";

const CONFIGURATION: &str =
    "[[contract]]\nsymbols = [\"handler\"]\ninterrupt = { vector = 33 }\nreason = \"a test\"\n";

fn objects(test: &str) -> PathBuf {
    let dir = scratch(test);
    for (file, text) in [
        ("a.asm", ASSEMBLY),
        ("r.rs", RUST),
        ("c.c", C),
        ("abide.toml", CONFIGURATION),
    ] {
        fs::write(dir.join(file), text).unwrap();
    }
    let commands: [&[&str]; 3] = [
        &["nasm", "-g", "-F", "dwarf", "-f", "elf64", "a.asm"],
        &["gcc", "-g", "-c", "c.c"],
        &[
            "rustc",
            "--edition=2024",
            "--crate-type=lib",
            "--emit=obj,llvm-ir",
            "-g",
            "-Cpanic=abort",
            "r.rs",
        ],
    ];
    for command in commands {
        run(Command::new(command[0])
            .current_dir(&dir)
            .args(&command[1..]));
    }
    dir
}

const FILES: [&str; 7] = [
    "--signatures",
    "r.ll",
    "--source",
    "r.rs",
    "a.o",
    "r.o",
    "c.o",
];

fn listed(dir: &Path, arguments: &[&str]) -> Value {
    let output = abide(dir, &[&["list", "--format", "json"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let listing = serde_json::from_slice(&output.stdout).unwrap();
    is_of_schema("list", &listing).unwrap();
    listing
}

/// Symbol and direction of each crossing.
fn directions(unit: &Value) -> Vec<String> {
    let crossings = unit["crossings"].as_array().unwrap().iter();
    let text = |crossing: &Value, field: &str| crossing[field].as_str().unwrap().to_owned();
    crossings
        .map(|c| {
            format!(
                "{}: {} → {}",
                text(c, "symbol"),
                text(c, "from"),
                text(c, "to")
            )
        })
        .collect()
}

fn of<'a>(unit: &'a Value, symbol: &str) -> &'a Value {
    let crossings = unit["crossings"].as_array().unwrap();
    crossings
        .iter()
        .find(|crossing| crossing["symbol"] == symbol)
        .unwrap()
}

#[test]
fn every_direction_is_listed_with_both_places() {
    let dir = objects("list");
    let listing = listed(&dir, &FILES);
    let unit = &listing["units"][0];
    let expected = [
        "counter: Rust → assembly",
        "handler: hardware → assembly",
        "memcpy: assembly → outside",
        "note: assembly → Rust",
        "scale: Rust → assembly",
        "spoil: C → assembly",
        "table: assembly → Rust",
    ];
    assert_eq!(directions(unit), expected);

    let scale = of(unit, "scale");
    assert_eq!(scale["convention"], "sysv64");
    assert_eq!(scale["signature"], "fn(u64) -> u64");
    assert_eq!(scale["declared"]["line"], 3);
    assert_eq!(scale["defined"]["line"]["line"], 8);
    assert_eq!(scale["defined"]["place"]["object"], "a.o");
    assert_eq!(scale["verdict"]["refuted"], 0);
    assert!(scale["verdict"]["proved"].as_u64().unwrap() > 5);
    // C speaks for itself, and its callee does not keep the contract.
    let spoil = of(unit, "spoil");
    assert_eq!(spoil["signature"], "fn(i64, i32) -> i64");
    assert_eq!(spoil["verdict"]["refuted"], 1);
    assert_eq!(of(unit, "handler")["convention"], "interrupt gate");
    // What assembly refers to is declared where Rust defines it, and judged with its callers.
    let note = of(unit, "note");
    assert_eq!(note["declared"]["line"], 7);
    assert!(
        note["defined"]["line"]["file"]
            .as_str()
            .unwrap()
            .ends_with("r.rs")
    );
    assert!(note.get("verdict").is_none());
    assert_eq!(of(unit, "counter")["is_function"], false);
    assert!(of(unit, "memcpy").get("defined").is_none());
}

#[test]
fn the_table_has_a_line_a_crossing() {
    let dir = objects("list_text");
    let output = abide(&dir, &[&["list"], &FILES[..]].concat());
    assert_eq!(output.status.code(), Some(0));
    let table = stdout(&output);
    let row = |symbol: &str| {
        let line = table
            .lines()
            .find(|line| line.trim_start().starts_with(symbol));
        let line = line.unwrap_or_else(|| panic!("{symbol}: {table}"));
        line.split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect::<Vec<_>>()
    };
    let headings = [
        "SYMBOL",
        "DIRECTION",
        "CONVENTION",
        "SIGNATURE",
        "DECLARED",
        "DEFINED",
        "VERDICT",
    ];
    assert_eq!(row("SYMBOL"), headings);
    let scale = row("scale");
    assert_eq!(
        scale[..6],
        [
            "scale",
            "Rust → assembly",
            "sysv64",
            "fn(u64) -> u64",
            "r.rs:3",
            "a.asm:8"
        ]
    );
    assert!(scale[6].starts_with("proved ("), "{scale:?}");
    assert!(
        row("spoil")[6].starts_with("refuted (1 refuted, "),
        "{table}"
    );
    assert!(table.contains("crossings: 1 C → assembly, 2 Rust → assembly, 2 assembly → Rust, 1 assembly → outside, 1 hardware → assembly\n"), "{table}");
}

#[test]
fn a_project_is_listed_with_nothing_set_up() {
    let package = Package::with_assembly("list");
    package.spoil();
    let listing = listed(&package.root, &[]);
    let unit = &listing["units"][0];
    assert_eq!(unit["name"], "uses-asm");
    assert_eq!(directions(unit), ["sum_of: Rust → assembly"]);
    let sum = of(unit, "sum_of");
    assert_eq!(sum["signature"], "fn(u64, u64) -> u64");
    assert!(
        sum["declared"]["file"]
            .as_str()
            .unwrap()
            .ends_with("src/main.rs")
    );
    assert_eq!(sum["declared"]["line"], 1);
    assert!(
        sum["defined"]["line"]["file"]
            .as_str()
            .unwrap()
            .ends_with("src/add.asm")
    );
    assert_eq!(sum["verdict"]["refuted"], 1);
    // The line that counts them stands below a check.
    let check = stdout(&package.check(&[]));
    assert!(
        check.contains("\ncrossings: 1 Rust → assembly\n"),
        "{check}"
    );
    // From what is kept it is the same.
    assert_eq!(listed(&package.root, &[]), listing);
}

#[test]
fn what_crosses_nothing_is_said_and_what_only_assembly_names_is_listed() {
    let dir = objects("list_none");
    let output = abide(&dir, &["list", "--config", "/dev/null", "c.o"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.starts_with("nothing crosses between assembly and the rest"),
        "{text}"
    );
    // Nothing refers to this assembly, but it refers to Rust.
    fs::write(
        dir.join("b.asm"),
        "global b:function\nextern note\nb: jmp note\n",
    )
    .unwrap();
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "elf64", "b.asm"]));
    fs::write(
        dir.join("n.rs"),
        "#![no_std]\n#[unsafe(no_mangle)] pub extern \"C\" fn note() {}\n",
    )
    .unwrap();
    run(Command::new("rustc").current_dir(&dir).args([
        "--crate-type=lib",
        "--edition=2024",
        "--emit=obj",
        "-Cpanic=abort",
        "n.rs",
    ]));
    let listing = listed(&dir, &["--config", "/dev/null", "b.o", "n.o"]);
    assert_eq!(directions(&listing["units"][0]), ["note: assembly → Rust"]);
    let exported = listed(&dir, &["--config", "/dev/null", "--all-exported", "b.o"]);
    let expected = ["b: outside → assembly", "note: assembly → outside"];
    assert_eq!(directions(&exported["units"][0]), expected);
}

#[test]
fn a_list_is_no_log_and_its_schema_is_that_of_a_report() {
    let dir = objects("list_sarif");
    let output = abide(&dir, &["list", "--format", "sarif", "a.o"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--format json"));
    let [list, check] = ["list", "check"].map(printed_schema);
    for shared in ["crossing", "place", "line", "count"] {
        assert_eq!(list["$defs"][shared], check["$defs"][shared], "{shared}");
    }
}
