//! Functions that would take an analysis for ever, or all memory: *unknown*, soon and in little. So
//! does a search for a run end.

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
    let found = check(&dir);
    let time = start.elapsed();
    assert!(time < LONGEST, "{name} took {time:?}");
    found
}

fn check(dir: &Path) -> (String, Option<i32>) {
    let limited = format!("ulimit -v {MOST_MEMORY}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .current_dir(dir)
        .args(["-c", &limited])
        .arg(assert_cmd::cargo::cargo_bin!("cargo-abide"))
        .args(["abide", "check", "f.o", "--root", "f"])
        .output()
        .unwrap();
    (stdout(&output) + &stderr(&output), output.status.code())
}
