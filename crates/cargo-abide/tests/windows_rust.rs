//! Rust that rustc compiles for Windows, in an rlib and in a static library, with assembly that it calls.
//!
//! No library of Rust's for that target is needed: the crate does without `core`, and says itself what
//! the language asks for, which since Rust 1.91 is this.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{abide, run, scratch, stdout};

/// Calls assembly with a float, a fifth argument, a struct that Microsoft's convention passes by its
/// address, and by System V's convention.
const RUST: &str = r#"
#![feature(no_core, lang_items)]
#![no_core]
#[lang = "pointee_sized"] pub trait PointeeSized {}
#[lang = "meta_sized"] pub trait MetaSized: PointeeSized {}
#[lang = "sized"] pub trait Sized: MetaSized {}
#[lang = "copy"] pub trait Copy {}
impl Copy for u64 {}
impl Copy for f64 {}
impl<T> Copy for *const T {}
#[repr(C)] pub struct Pair { a: u64, b: u64 }
extern "C" {
    fn floats(p: *const u64, n: u64, x: f64) -> u64;
    fn loses(p: *const u64) -> u64;
    fn fifth(a: u64, b: u64, c: u64, d: u64, e: u64) -> u64;
    fn pair(p: Pair) -> u64;
}
extern "sysv64" { fn of_system_v(p: *const u64) -> u64; }
#[no_mangle] pub unsafe extern "C" fn user(p: *const u64) -> u64 {
    floats(p, 3, 1.5);
    loses(p);
    fifth(1, 2, 3, 4, 5);
    of_system_v(p);
    pair(Pair { a: 1, b: 2 })
}
"#;

/// `of_system_v` changes `rsi`, which its convention allows, and `loses` does so, and `xmm7`, against its own.
const ASSEMBLY: &str = "
global floats, loses, fifth, pair, of_system_v
section .text
floats:
    movq rax, xmm2
    add rax, [rcx + rdx * 8]
    ret
loses:
    mov rsi, rcx
    mov rax, [rsi]
    movaps xmm7, xmm0
    ret
fifth:
    mov rax, [rsp + 40]
    ret
pair:
    mov rax, [rcx]
    add rax, [rcx + 8]
    ret
of_system_v:
    mov rsi, [rdi]
    lea rax, [rsi + 1]
    ret
";

fn compile(dir: &Path, target: &str, crate_type: &str, emit: &str) {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(dir).env("RUSTC_BOOTSTRAP", "1");
    rustc.args(["--edition", "2021", "--crate-name", "user", "-O"]);
    rustc.args(["--target", target, "--crate-type", crate_type]);
    run(rustc.args([&format!("--emit={emit}"), "user.rs"]));
}

fn checked(target: &str, crate_type: &str) -> String {
    let dir = scratch(&format!("windows_rust_{target}_{crate_type}"));
    fs::write(dir.join("user.rs"), RUST).unwrap();
    fs::write(dir.join("a.asm"), ASSEMBLY).unwrap();
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "win64", "a.asm", "-o", "a.obj"]));
    compile(&dir, target, crate_type, "link=user.lib");
    compile(&dir, target, "rlib", "llvm-ir=user.ll");
    let output = abide(
        &dir,
        &["check", "user.lib", "a.obj", "--signatures", "user.ll"],
    );
    assert_eq!(output.status.code(), Some(1));
    stdout(&output)
}

#[test]
fn what_rust_for_windows_calls_is_held_to_what_it_declares() {
    for target in ["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"] {
        for crate_type in ["rlib", "staticlib"] {
            let report = checked(target, crate_type);
            for lost in ["rsi", "xmm7"] {
                let finding =
                    format!("error[clobbered_register]: `loses` does not preserve `{lost}`");
                assert!(report.contains(&finding), "{target} {crate_type}: {report}");
            }
            assert!(
                report
                    .contains("contracts of 5 roots: 79 proved, 1 refuted, 0 possible, 0 unknown"),
                "{target} {crate_type}: {report}"
            );
        }
    }
}

#[test]
fn what_the_assembly_reads_beyond_its_declaration_is_told() {
    let target = "x86_64-pc-windows-gnu";
    let dir = scratch("windows_rust_declared");
    fs::write(
        dir.join("user.rs"),
        RUST.replace("fn pair(p: Pair)", "fn pair(p: u64)")
            .replace("pair(Pair { a: 1, b: 2 })", "pair(1)"),
    )
    .unwrap();
    fs::write(dir.join("a.asm"), ASSEMBLY.replace("[rcx + 8]", "rdx")).unwrap();
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-f", "win64", "a.asm", "-o", "a.obj"]));
    compile(&dir, target, "rlib", "link=user.lib,llvm-ir=user.ll");
    let output = abide(
        &dir,
        &["check", "user.lib", "a.obj", "--signatures", "user.ll"],
    );
    let report = stdout(&output);
    assert!(
        report.contains("[undeclared_argument]: `pair` reads an argument in `rdx`"),
        "{report}"
    );
}
