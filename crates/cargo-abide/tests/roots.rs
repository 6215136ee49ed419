//! What is a root: assembly inside Rust's own objects, however rustc was called.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{abide, run, scratch, stdout};

const SOURCE: &str = r#"
#![no_std]
use core::arch::{asm, global_asm, naked_asm};

global_asm!(".globl loose", "loose:", "lea rax, [rdi + 1]", "ret");
global_asm!(
    ".pushsection .text.apart, \"ax\", @progbits",
    ".globl apart",
    "apart:",
    "lea rax, [rdi + 1]",
    "ret",
    ".popsection"
);

#[unsafe(naked)]
extern "C" fn naked(x: u64) -> u64 {
    naked_asm!("lea rax, [rdi + 1]", "ret")
}

#[unsafe(naked)]
extern "C" fn unwound(x: u64) -> u64 {
    naked_asm!(".cfi_startproc", "lea rax, [rdi + 1]", "ret", ".cfi_endproc")
}

#[unsafe(naked)]
extern "C" fn of_any_type<T>(x: u64) -> u64 {
    naked_asm!("lea rax, [rdi + 1]", "ret")
}

unsafe extern "C" {
    fn loose(x: u64) -> u64;
    fn apart(x: u64) -> u64;
}

#[cold]
#[inline(never)]
pub fn template(mut x: u64) -> u64 {
    unsafe { asm!("2: add {0}, 1", "jc 2b", inout(reg) x) };
    x
}

pub static TABLE: [extern "C" fn(u64) -> u64; 2] = [naked, unwound];

#[unsafe(no_mangle)]
pub fn compiled(x: u64) -> u64 {
    unsafe { loose(x) ^ apart(x) ^ template(x) ^ of_any_type::<u8>(x) }
}
"#;

/// The names of the roots of an object.
fn roots(dir: &Path, flags: &[&str]) -> Vec<String> {
    let usual = [
        "--edition=2024",
        "--crate-type=lib",
        "--emit=obj",
        "-Ccodegen-units=1",
    ];
    run(Command::new("rustc")
        .current_dir(dir)
        .args(usual)
        .args(flags)
        .args(["-o", "inside.o", "inside.rs"]));
    let output = abide(dir, &["check", "--format", "json", "inside.o"]);
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let roots = report["contracts"]["roots"].as_array().unwrap().iter();
    let mut names: Vec<_> = roots
        .map(|root| {
            assert_eq!(root["derived"], "referred to by compiled code");
            root["name"].as_str().unwrap().to_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn assembly_inside_rust_is_found_whatever_rustc_is_told() {
    let dir = scratch("inside_rust");
    fs::write(dir.join("inside.rs"), SOURCE).unwrap();
    let all = [
        "apart",
        "inside::naked",
        "inside::of_any_type",
        "inside::unwound",
        "loose",
    ];
    for flags in [
        &["-Copt-level=0", "-g"][..],
        &["-Copt-level=3"],
        &["-Copt-level=s"],
        &["-Copt-level=0", "-Cpanic=abort", "-Cforce-unwind-tables=no"],
        &[
            "-Copt-level=3",
            "-Cpanic=abort",
            "-Cforce-unwind-tables=no",
            "-g",
        ],
    ] {
        assert_eq!(roots(&dir, flags), all, "{flags:?}");
    }
}
