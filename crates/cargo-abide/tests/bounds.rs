//! Functions that would take an analysis for ever, or all memory: *unknown*, soon and in little. So
//! does a search for a run end, and so do declarations.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{run, scratch, stderr, stdout};

/// The longest that one function may take. It takes a second; the machine may be busy, and the
/// checker not optimised.
const LONGEST: Duration = Duration::from_secs(60);
/// The most address space that the checker gets, in kilobytes.
const MOST_MEMORY: u64 = 1 << 20;

#[test]
fn helpers_that_each_call_the_next_twice() {
    let depth = 40;
    let mut source = "f: call g0\nret\n".to_owned();
    for i in 0..depth {
        writeln!(source, "g{i}: call g{0}\ncall g{0}\nret", i + 1).unwrap();
    }
    writeln!(source, "g{depth}: ret").unwrap();
    ends_in_unknown("helpers", &source);
}

#[test]
fn a_large_frame_and_branches_to_everywhere() {
    let blocks: u64 = 20_000;
    let mut source = "f: sub rsp, 4096\n".to_owned();
    let random = |n: u64, below: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % below;
    for slot in 0..500 {
        writeln!(source, "mov [rsp + {}], rdi", 8 * slot).unwrap();
    }
    for i in 0..blocks {
        let (slot, to) = (random(2 * i, 500), random(2 * i + 1, blocks));
        let register = ["rax", "rcx", "rdx", "rsi"][random(3 * i, 4) as usize];
        writeln!(source, "b{i}: mov [rsp + {}], {register}", 8 * slot).unwrap();
        writeln!(source, "add {register}, {}\njz near b{to}", i % 50 + 1).unwrap();
    }
    source.push_str("add rsp, 4096\nret\n");
    ends_in_unknown("frame", &source);
}

#[test]
fn nothing_but_branches() {
    let mut source = "f:\n".to_owned();
    let branches: u64 = 200_000;
    for i in 0..branches {
        let to = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % branches;
        let distance = (to as i64 - i as i64 - 1) * 6;
        writeln!(source, "db 0x0f, 0x84\ndd {distance}").unwrap();
    }
    source.push_str("ret\n");
    ends_in_unknown("branches", &source);
}

/// Each `rcl` takes its value twice, as it is and for its carry: there are 2^60 ways from the last
/// address to the word that was loaded.
#[test]
fn an_address_that_comes_of_a_word_in_many_ways() {
    let turns = |count| "rcl al, 1\n".repeat(count);
    let (first, last) = (turns(43), turns(17));
    let source = format!(
        "f: mov rax, [rdi]\n{first}add byte [rdi - 0x30], bh\n{last}shl byte [rax + rsi * 8], 1\n"
    );
    let (report, _) = timed("search", &source);
    assert!(report.contains("undefined_register_read"), "{report}");
}

/// Each struct has four of the one before: of the last there are 4^21 numbers in it. The shorter
/// ones go by value.
#[test]
fn types_that_nest_in_many_ways() {
    let mut c = "struct s0 { int a; };\n".to_owned();
    let mut rust = "#[repr(C)] struct S0(i32);\n".to_owned();
    let mut ir = "%S0 = type { i32 }\n".to_owned();
    for i in 1..22 {
        let inner = i - 1;
        writeln!(c, "struct s{i} {{ struct s{inner} a, b, c, d; }};").unwrap();
        let four = format!("(S{inner}, S{inner}, S{inner}, S{inner})");
        writeln!(rust, "#[repr(C)] struct S{i}{four};").unwrap();
        let four = [&*format!("%S{inner}"); 4].join(", ");
        writeln!(ir, "%S{i} = type {{ {four} }}").unwrap();
    }
    c.push_str("extern struct s21 table; extern struct s13 small; extern int f(struct s13);\n");
    c.push_str("void *of(void) { return &table; } int calls(void) { return f(small); }\n");
    rust.push_str("extern \"C\" { fn f(by_address: &S21, by_value: S13) -> i32; }\n");
    ir.push_str("declare i32 @f(%S21)\ndefine void @g() { ret void }\n");
    let dir = scratch("bounds_types");
    for (file, text) in [
        ("c.c", &*c),
        ("r.rs", &rust),
        ("i.ll", &ir),
        ("f.asm", "global f\nf: xor eax, eax\nret\n"),
    ] {
        fs::write(dir.join(file), text).unwrap();
    }
    run(Command::new("gcc")
        .current_dir(&dir)
        .args(["-g", "-c", "c.c"]));
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "elf64", "f.asm"]));
    let start = Instant::now();
    let declared = ["--source", "r.rs", "--signatures", "i.ll"];
    let (report, code) = check(&dir, &[&["f.o", "c.o"], &declared[..]].concat());
    let time = start.elapsed();
    assert!(time < LONGEST, "types took {time:?}");
    assert!(report.contains("contracts of 1 root"), "{report}");
    assert_eq!(code, Some(0), "{report}");
}

/// A parser that calls itself would end the program with its stack.
#[test]
fn declarations_that_nest_deep() {
    let dir = scratch("bounds_deep");
    let pointers = "*const ".repeat(100_000);
    let rust = format!("extern \"C\" {{ fn f(x: {pointers}u8); }}\n");
    let json = format!("[{{\"symbol\": \"f\", \"rust\": \"fn({pointers}u8)\"}}]");
    for (file, text) in [
        ("r.rs", &*rust),
        ("s.json", &json),
        ("f.asm", "global f\nf: ret\n"),
    ] {
        fs::write(dir.join(file), text).unwrap();
    }
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "elf64", "f.asm"]));
    let (report, code) = check(&dir, &["f.o", "--root", "f", "--source", "r.rs"]);
    assert!(report.contains("nests deeper than 4000 tokens"), "{report}");
    assert_eq!(code, Some(0), "{report}");
    let (report, code) = check(&dir, &["f.o", "--root", "f", "--signatures", "s.json"]);
    assert!(report.contains("no type of a function"), "{report}");
    assert_eq!(code, Some(2), "{report}");
}

/// Declarators in parentheses, names that stand for two of the next, and blocks in blocks.
#[test]
fn headers_that_nest_deep() {
    let dir = scratch("bounds_headers");
    let depth = 50_000;
    let (open, close) = ("(".repeat(depth), ")".repeat(depth));
    let names: String = (0..40)
        .map(|n| {
            format!(
                "#define M{n} M{0} M{0}\ntypedef t{0} t{n};\ntypedef u{0} t{n};\n",
                n + 1
            )
        })
        .collect();
    let blocks = "extern \"C\" {".repeat(depth);
    let header = format!("{names}int {open}f{close}(int);\nt0 f(M0 x);\n{blocks}");
    fs::write(dir.join("f.h"), header).unwrap();
    fs::write(dir.join("f.asm"), "global f\nf: ret\n").unwrap();
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "elf64", "f.asm"]));
    let start = Instant::now();
    let (report, code) = check(&dir, &["f.o", "--root", "f", "--source", "f.h"]);
    assert_eq!(code, Some(0), "{report}");
    assert!(
        report.contains("`f` is not held to its prototype"),
        "{report}"
    );
    assert!(start.elapsed() < LONGEST, "took {:?}", start.elapsed());
}

fn ends_in_unknown(name: &str, source: &str) {
    let (report, code) = timed(name, source);
    let bound = "the bound on the work for one root";
    assert!(report.contains(bound), "{report}");
    assert_eq!(code, Some(0), "{report}");
}

/// The report and the exit code, soon.
fn timed(name: &str, source: &str) -> (String, Option<i32>) {
    let dir = scratch(&format!("bounds_{name}"));
    fs::write(
        dir.join("f.asm"),
        format!("global f:function\nsection .text\n{source}"),
    )
    .unwrap();
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-O0", "-f", "elf64", "f.asm"]));
    let start = Instant::now();
    let found = check(&dir, &["f.o", "--root", "f"]);
    let time = start.elapsed();
    assert!(time < LONGEST, "{name} took {time:?}");
    found
}

fn check(dir: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let limited = format!("ulimit -v {MOST_MEMORY}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .current_dir(dir)
        .args(["-c", &limited])
        .arg(assert_cmd::cargo::cargo_bin!("cargo-abide"))
        .args(["abide", "check"])
        .args(arguments)
        .output()
        .unwrap();
    (stdout(&output) + &stderr(&output), output.status.code())
}
