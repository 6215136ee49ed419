//! In a Cargo project, C says what it calls by debug information that a build of its own makes.

mod common;

use common::package::{CALLED, Package, assert_code};
use common::stdout;

/// As `cc` does: an archive of assembly and of C, by the flags that the environment has.
const BUILD: &str = r#"
use std::{env, path::PathBuf, process::Command};
fn run(command: &mut Command) { assert!(command.status().unwrap().success()); }
fn main() {
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    let at = |name: &str| out.join(name);
    let flags = env::var("CFLAGS").unwrap_or_default();
    run(Command::new("nasm").args(["-g", "-F", "dwarf", "-f", "elf64", "native/sum.asm", "-o"]).arg(at("sum.o")));
    run(Command::new("gcc").args(flags.split_whitespace()).args(["-O2", "-c", "native/caller.c", "-o"]).arg(at("caller.o")));
    run(Command::new("ar").arg("crs").arg(at("libsum.a")).arg(at("sum.o")).arg(at("caller.o")));
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static=sum");
    println!("cargo:rerun-if-changed=native");
    println!("cargo:rerun-if-env-changed=CFLAGS");
}
"#;

const SUM: &str = "section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global lib_1_sum:function
lib_1_sum:
    lea rax, [rdi + rsi]
    ret
";

/// What no reader of headers tells: the name is pasted of what only the user's flags define.
const CALLER: &str = "#define JOIN(a, b, c) a##_##b##_##c
#define NAMED(a, b, c) JOIN(a, b, c)
#ifdef VERSION
#define sum NAMED(lib, VERSION, sum)
#endif
#ifndef NUMBER
#define NUMBER long
#endif
long sum(NUMBER a, long b);
long sum_of(long a, long b) { return sum(a, b); }
";

fn package(test: &str) -> Package {
    let package = Package::new(&format!("project debug info/{test}"));
    package.write("build.rs", BUILD);
    package.write("native/sum.asm", SUM);
    package.write("native/caller.c", CALLER);
    let declared = "unsafe extern \"C\" { fn sum_of(a: i64, b: i64) -> i64; }\n";
    package.write("src/main.rs", &format!("{declared}{CALLED}"));
    package
}

/// The user's own flags, as Cargo's configuration hands them on.
fn set_flags(package: &Package, flags: &str) {
    let text = format!("[env]\nCFLAGS = \"{flags}\"\n");
    package.write(".cargo/config.toml", &text);
}

#[test]
fn c_declares_as_the_users_own_flags_have_it() {
    let package = package("flags");
    set_flags(&package, "-DVERSION=1");
    let output = package.check(&["--release"]);
    assert_code(&output, 0);
    assert!(
        !stdout(&output).contains("undeclared_function"),
        "{}",
        stdout(&output)
    );
    set_flags(&package, "-DVERSION=1 -DNUMBER=int");
    let output = package.check(&["--release"]);
    assert_code(&output, 1);
    let report = stdout(&output);
    assert!(report.contains("error[trusted_upper_bits]"), "{report}");
    assert!(report.contains("native/caller.c:9"), "{report}");
}
