//! Naked functions, whose names rustc mangles anew in each build, and what they call by `sym`.

mod common;

use common::package::{Package, assert_code};
use common::{abide, stdout};

fn package(name: &str, source: &str) -> Package {
    let package = Package::new(name);
    package.manifest("");
    package.write("src/main.rs", source);
    package
}

const CALLED: &str = "fn main() { println!(\"{}\", twice(2)); }\n";

#[test]
fn they_are_held_to_what_they_are_declared_as() {
    let source = "#[unsafe(naked)]
extern \"C\" fn twice(of: u32) -> u64 {
    core::arch::naked_asm!(\"lea rax, [rdi + rdi]\", \"ret\")
}
";
    let package = package("naked functions", &format!("{source}{CALLED}"));
    let output = package.check(&[]);
    assert_code(&output, 1);
    let report = stdout(&output);
    let message = "error[trusted_upper_bits]: `uses_asm::twice` relies on bits of `rdi`";
    assert!(report.contains(message), "{report}");
    // Both sides are shown; of the assembly there is no line.
    assert!(report.contains("src/main.rs:2:1"), "{report}");
    assert!(report.contains("declared as `fn(u32) -> u64`"), "{report}");
    assert!(!report.contains("target/abide/links"), "{report}");

    let kept = source.replace("of: u32", "of: u64");
    package.write("src/main.rs", &format!("{kept}{CALLED}"));
    let output = package.check(&[]);
    assert_code(&output, 0);
}

#[test]
fn what_they_break_is_shown_where_they_are_declared() {
    let source = "#[unsafe(naked)]
extern \"C\" fn twice(of: u64) -> u64 {
    core::arch::naked_asm!(\"mov rbx, rdi\", \"lea rax, [rbx + rdi]\", \"ret\")
}
";
    let package = package("what naked functions break", &format!("{source}{CALLED}"));
    let output = package.check(&["--format", "github"]);
    assert_code(&output, 1);
    let report = stdout(&output);
    let annotation = "::error file=src/main.rs,line=2,title=abide%3A clobbered_register::";
    assert!(report.contains(annotation), "{report}");
}

#[test]
fn what_they_call_is_a_crossing_and_has_its_arguments() {
    let source = "extern \"C\" fn sum(a: u64, b: u64) -> u64 { a + b }

#[unsafe(naked)]
extern \"C\" fn twice(of: u64) -> u64 {
    core::arch::naked_asm!(\"mov rsi, rdi\", \"jmp {}\", sym sum)
}
";
    let package = package("what naked functions call", &format!("{source}{CALLED}"));
    let output = package.check(&[]);
    assert_code(&output, 0);
    let report = stdout(&output);
    let crossings = "crossings: 1 Rust → assembly, 1 assembly → Rust";
    assert!(report.contains(crossings), "{report}");
    let listed = stdout(&abide(&package.root, &["abide", "list"]));
    let sum = listed.lines().find(|line| line.contains("::sum"));
    let sum = sum.unwrap_or_else(|| panic!("{listed}"));
    for word in ["assembly → Rust", "fn(u64, u64) -> u64", "src/main.rs:1"] {
        assert!(sum.contains(word), "{word}: {sum}");
    }

    let forgotten = source.replace("\"mov rsi, rdi\", ", "");
    package.write("src/main.rs", &format!("{forgotten}{CALLED}"));
    let output = package.check(&[]);
    assert_code(&output, 1);
    let report = stdout(&output);
    let message = "error[undeclared_argument]: `uses_asm::twice` reads an argument";
    assert!(report.contains(message), "{report}");
}

#[test]
fn what_they_call_is_not_of_rusts_own_convention() {
    let source = "fn sum(a: u64) -> u64 { a + a }

#[unsafe(naked)]
extern \"C\" fn twice(of: u64) -> u64 {
    core::arch::naked_asm!(\"jmp {}\", sym sum)
}
";
    let package = package("called by sym", &format!("{source}{CALLED}"));
    let output = package.check(&[]);
    assert_code(&output, 1);
    let report = stdout(&output);
    let message = "error[rust_abi_call]: assembly refers to `uses_asm::sum`";
    assert!(report.contains(message), "{report}");
    assert!(report.contains("src/main.rs:1:1"), "{report}");
}

#[test]
fn instances_of_a_generic_one_are_not_taken_for_each_other() {
    let source = "#[unsafe(naked)]
extern \"C\" fn first<T>(of: T) -> u64 {
    core::arch::naked_asm!(\"mov rax, rdi\", \"ret\")
}
fn main() { println!(\"{} {}\", first(2_u64), first(3_u32)); }
";
    let package = package("generic naked functions", source);
    let output = package.check(&[]);
    let report = stdout(&output);
    // Names alone do not tell which instance relies on bits above its `u32`.
    assert!(!report.contains("trusted_upper_bits]"), "{report}");
    assert!(report.contains("undeclared_function"), "{report}");
}

/// A library is there for others, who call what nothing in it calls.
#[test]
fn what_is_there_for_others_to_call_is_held_to_its_declaration() {
    let source = "#[unsafe(naked)]
pub extern \"C\" fn twice(of: u64) -> u64 {
    core::arch::naked_asm!(\"mov rbx, rdi\", \"lea rax, [rbx + rdi]\", \"ret\")
}
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub extern \"C\" fn thrice(of: u32) -> u64 {
    core::arch::naked_asm!(\"lea rax, [rdi + 2*rdi]\", \"ret\")
}
";
    for kind in ["lib", "cdylib"] {
        let package = Package::new(&format!("naked functions of a {kind}"));
        package.manifest(&format!("[lib]\ncrate-type = [\"{kind}\"]\n"));
        // What a shared library does not export is no part of it.
        let exported = match kind {
            "lib" => source.to_owned(),
            _ => source.replacen(
                "#[unsafe(naked)]",
                "#[unsafe(naked)]\n#[unsafe(no_mangle)]",
                1,
            ),
        };
        package.write("src/lib.rs", &exported);
        let output = package.check(&[]);
        assert_code(&output, 1);
        let report = stdout(&output);
        for message in [
            "twice` does not preserve `rbx`",
            "`thrice` relies on bits of `rdi`",
        ] {
            assert!(report.contains(message), "{report}");
        }
        let listed = stdout(&abide(&package.root, &["abide", "list"]));
        for word in ["fn(u64) -> u64", "fn(u32) -> u64", "outside → assembly"] {
            assert!(listed.contains(word), "{word}: {listed}");
        }
    }
}

/// Assembly enters what it takes the address of as it likes.
#[test]
fn what_only_assembly_knows_of_is_no_root() {
    let source = "#[unsafe(naked)]
extern \"C\" fn trampoline() {
    core::arch::naked_asm!(\"mov rdi, rbx\", \"jmp rbp\")
}
#[unsafe(naked)]
pub extern \"C\" fn prepare(stack: *mut usize) {
    core::arch::naked_asm!(\"lea rax, [rip + {}]\", \"mov [rdi], rax\", \"ret\", sym trampoline)
}
";
    let package = Package::new("trampolines of naked functions");
    package.write("src/lib.rs", source);
    let output = package.check(&[]);
    assert_code(&output, 0);
    let report = stdout(&output);
    assert!(report.contains("contracts of 1 root:"), "{report}");
    assert!(
        report.contains("0 refuted, 0 possible, 0 unknown"),
        "{report}"
    );
}
