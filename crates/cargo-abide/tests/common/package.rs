//! A Cargo package that calls assembly, as its users have it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::{checker, scratch, stderr, stdout};

pub(crate) const ADD: &str = "section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global sum_of:function
sum_of:
    mov rcx, rdi
    lea rax, [rcx + rsi]
    ret
";

/// As a `cc` or `nasm` build script does: an archive of what NASM makes.
pub(crate) const BUILD: &str = r#"
use std::{env, path::PathBuf, process::Command};
fn run(command: &mut Command) { assert!(command.status().unwrap().success()); }
fn main() {
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    let object = out.join("add.o");
    run(Command::new("nasm").args(["-g", "-F", "dwarf", "-f", "elf64", "src/add.asm", "-o"]).arg(&object));
    run(Command::new("ar").arg("crs").arg(out.join("libadd.a")).arg(&object));
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static=add");
    println!("cargo:rerun-if-changed=src/add.asm");
}
"#;

pub(crate) const DECLARED: &str = "unsafe extern \"C\" { fn sum_of(a: u64, b: u64) -> u64; }\n";
pub(crate) const CALLED: &str = "fn main() { println!(\"{}\", unsafe { sum_of(2, 3) }); }\n";

/// A package in a directory of the test's own.
pub(crate) struct Package {
    pub(crate) root: PathBuf,
}

impl Package {
    pub(crate) fn new(test: &str) -> Self {
        let root = scratch(&format!("cargo project/{test}"));
        let package = Self { root };
        package.manifest("");
        package
    }

    pub(crate) fn manifest(&self, more: &str) {
        self.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"uses-asm\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}\n[workspace]\n"
            ),
        );
    }

    /// A program that calls a function in assembly.
    pub(crate) fn with_assembly(test: &str) -> Self {
        let package = Self::new(test);
        package.write("build.rs", BUILD);
        package.write("src/add.asm", ADD);
        package.write("src/main.rs", &format!("{DECLARED}{CALLED}"));
        package
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Lets `sum_of` forget to save a register.
    pub(crate) fn spoil(&self) {
        self.write("src/add.asm", &ADD.replace("rcx", "rbx"));
    }

    pub(crate) fn check(&self, arguments: &[&str]) -> Output {
        check(&self.root, arguments)
    }
}

/// `cargo abide check` in a directory.
pub(crate) fn check(dir: &Path, arguments: &[&str]) -> Output {
    checker(dir)
        .args(["abide", "check"])
        .args(arguments)
        .output()
        .unwrap()
}

/// Holds the exit code, and shows what was said where it is another.
pub(crate) fn assert_code(output: &Output, code: i32) {
    let told = format!("{}\n{}", stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{told}");
}
