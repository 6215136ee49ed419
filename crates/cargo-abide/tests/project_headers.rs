//! In a Cargo project, C headers of the packages that were built tell what C calls.

mod common;

use common::package::{Package, assert_code};
use common::{stderr, stdout};

/// An archive of assembly and of C without debug information, and a header that is made on the way.
const BUILD: &str = r#"
use std::{env, fs, path::PathBuf, process::Command};
fn run(command: &mut Command) { assert!(command.status().unwrap().success()); }
fn main() {
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    let at = |name: &str| out.join(name);
    run(Command::new("nasm").args(["-g", "-F", "dwarf", "-f", "elf64", "c/sum.asm", "-o"]).arg(at("sum.o")));
    run(Command::new("gcc").args(["-O2", "-w", "-c", "c/caller.c", "-o"]).arg(at("caller.o")));
    run(Command::new("ar").arg("crs").arg(at("libsum.a")).arg(at("sum.o")).arg(at("caller.o")));
    if let Ok(text) = fs::read_to_string("c/generated.h.in") {
        fs::write(at("generated.h"), text).unwrap();
    }
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static=sum");
    println!("cargo:rerun-if-changed=c");
}
"#;

const SUM: &str = "section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global sum:function
sum:
    lea rax, [rdi + rsi]
    ret
";

/// It says nothing of parameters: only a header does.
const CALLER: &str = "long sum();\nlong add(long a, long b) { return sum(a, b); }\n";

const MAIN: &str = "unsafe extern \"C\" { fn add(a: i64, b: i64) -> i64; }
fn main() { println!(\"{}\", unsafe { add(2, 3) }); }\n";

/// A program whose C calls assembly.
fn package(test: &str) -> Package {
    let package = Package::new(&format!("project headers/{test}"));
    package.write("build.rs", BUILD);
    package.write("c/sum.asm", SUM);
    package.write("c/caller.c", CALLER);
    package.write("src/main.rs", MAIN);
    package
}

#[test]
fn a_header_of_the_package_declares_with_nothing_set_up() {
    let package = package("of the package");
    // Nothing tells of it yet.
    assert_code(&package.check(&["--release"]), 0);
    package.write("c/include/sum.h", "long sum(int a, long b);\n");
    let output = package.check(&["--release"]);
    assert_code(&output, 1);
    let report = stdout(&output);
    assert!(report.contains("error[trusted_upper_bits]"), "{report}");
    assert!(report.contains("c/include/sum.h:1"), "{report}");
    // What was decided holds until the header changes.
    assert_code(&package.check(&["--release"]), 1);
    package.write("c/include/sum.h", "long sum(long a, long b);\n");
    assert_code(&package.check(&["--release"]), 0);
}

#[test]
fn a_header_that_the_build_wrote_declares_as_well() {
    let package = package("generated");
    package.write("c/generated.h.in", "long sum(int a, long b);\n");
    let output = package.check(&["--release"]);
    assert_code(&output, 1);
    assert!(
        stdout(&output).contains("generated.h:1"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn headers_that_say_different_things_are_told_and_hold_nothing() {
    let package = package("two ways");
    package.write("c/one.h", "long sum(int a, long b);\n");
    package.write("c/other.h", "long sum(long a, long b);\n");
    let output = package.check(&["--release"]);
    assert_code(&output, 0);
    let report = stdout(&output);
    let told = "`sum` is not held to its prototype at";
    assert!(report.contains(told), "{report}{}", stderr(&output));
    assert!(report.contains("others say something else"), "{report}");
}

#[test]
fn a_header_speaks_of_its_own_package_alone() {
    let package = package("of another");
    package.manifest("[dependencies]\ninner = { path = \"inner\" }\n");
    package.write("src/main.rs", &format!("use inner as _;\n{MAIN}"));
    // Another package with native code of its own declares a function of the same name.
    let inner = "[package]\nname = \"inner\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    package.write("inner/Cargo.toml", inner);
    package.write("inner/src/lib.rs", "");
    package.write(
        "inner/build.rs",
        &BUILD
            .replace("libsum.a", "libother.a")
            .replace("=sum", "=other"),
    );
    package.write("inner/c/sum.asm", &SUM.replace("sum:", "another:"));
    package.write(
        "inner/c/caller.c",
        "long another(long a, long b);\nlong one(long a) { return another(a, a); }\n",
    );
    package.write("inner/c/sum.h", "long sum(int a, long b);\n");
    assert_code(&package.check(&["--release"]), 0);
    package.write("c/sum.h", "long sum(int a, long b);\n");
    let output = package.check(&["--release"]);
    assert_code(&output, 1);
    assert!(stdout(&output).contains("c/sum.h:1"), "{}", stdout(&output));
}

#[test]
fn sources_in_c_declare_by_their_own_names() {
    let package = package("sources");
    package.write("c/one.c", "typedef int own;\nlong sum(own a, long b);\n");
    package.write("c/other.c", "typedef long own;\nvoid f(void) {}\n");
    let output = package.check(&["--release"]);
    assert_code(&output, 1);
    assert!(stdout(&output).contains("c/one.c:2"), "{}", stdout(&output));
}

#[test]
fn a_header_means_what_it_includes() {
    let package = package("included");
    for (variant, name, first) in [("one", "f", "int"), ("two", "two_ ## f", "long")] {
        let name = format!("#define NAME(f) {name}\n#define FIRST {first}\n");
        package.write(&format!("c/{variant}/name.h"), &name);
        let header = "#include \"name.h\"\nlong NAME(sum)(FIRST a, long b);\n";
        package.write(&format!("c/{variant}/sum.h"), header);
    }
    let output = package.check(&["--release"]);
    assert_code(&output, 1);
    assert!(
        stdout(&output).contains("c/one/sum.h:2"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_prototype_that_debug_information_speaks_of_is_not_told() {
    let package = package("debug information");
    let caller = "long sum(long, long);\nlong add(long a, long b) { return sum(a, b); }\n";
    package.write("c/caller.c", caller);
    package.write("build.rs", &BUILD.replace("\"-O2\"", "\"-O2\", \"-g\""));
    package.write("c/one.h", "unknown_t sum(int a, long b);\n");
    let output = package.check(&["--release"]);
    assert_code(&output, 0);
    let report = stdout(&output);
    assert!(!report.contains("is not held to its prototype"), "{report}");
}
