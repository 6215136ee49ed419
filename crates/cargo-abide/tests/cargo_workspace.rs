//! `cargo abide check` where a project is more than one package and its assembly.

mod common;

use std::fs;
use std::process::Command;

use common::package::{ADD, BUILD, CALLED, DECLARED, Package, assert_code, check};
use common::{stderr, stdout};

/// A manifest of a package in the workspace.
fn manifest(name: &str, version: &str, more: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n{more}")
}

/// Assembly that does not save a register.
fn spoiled() -> String {
    ADD.replace("rcx", "rbx")
}

/// A library with assembly, whose function is called by another name.
fn library(package: &Package, at: &str, version: &str, symbol: &str, assembly: &str, more: &str) {
    package.write(
        &format!("{at}/Cargo.toml"),
        &manifest("sums", version, more),
    );
    package.write(&format!("{at}/build.rs"), BUILD);
    package.write(
        &format!("{at}/src/add.asm"),
        &assembly.replace("sum_of", symbol),
    );
    let code = format!("{DECLARED}pub fn sum() -> u64 {{ unsafe {{ sum_of(2, 3) }} }}\n");
    package.write(&format!("{at}/src/lib.rs"), &code.replace("sum_of", symbol));
}

#[test]
fn versions_of_one_crate_are_told_apart() {
    let package = Package::new("versions");
    let dependencies = "[dependencies]
one = { package = \"sums\", path = \"one\" }
two = { package = \"sums\", path = \"two\" }
[workspace]
exclude = [\"one\", \"two\"]
";
    package.write("Cargo.toml", &manifest("uses-asm", "0.1.0", dependencies));
    package.write(
        "src/main.rs",
        "fn main() { println!(\"{}\", one::sum() + two::sum()); }\n",
    );
    library(&package, "one", "1.0.0", "sum_1", ADD, "");
    library(&package, "two", "2.0.0", "sum_2", &spoiled(), "");
    let output = package.check(&[]);
    assert_code(&output, 1);
    let report = stdout(&output);
    assert!(
        report.contains("`sum_2` does not preserve `rbx`"),
        "{report}"
    );
    assert!(report.contains("two/src/add.asm:"), "{report}");
    assert!(
        report.contains("1 denied") && report.contains("contracts of 2 roots"),
        "{report}"
    );
    // Each has the declaration of its own version.
    let listed = common::checker(&package.root)
        .args(["abide", "list"])
        .output()
        .unwrap();
    let listed = stdout(&listed);
    for at in ["one/src/lib.rs:1", "two/src/lib.rs:1"] {
        assert!(listed.contains(at), "{listed}");
    }
}

#[test]
fn what_only_runs_while_building_is_no_part_of_a_link() {
    let package = Package::with_assembly("while building");
    package.manifest(
        "[dependencies]\nmacros = { path = \"macros\" }\n[build-dependencies]\nsums = { path = \"sums\" }\n",
    );
    let helped = BUILD.replace("fn main() {", "fn main() { assert_eq!(sums::sum(), 5);");
    package.write("build.rs", &helped);
    package.write(
        "src/main.rs",
        &format!("{DECLARED}macros::nothing!();\n{CALLED}"),
    );
    let by_macro = "[lib]\nproc-macro = true\n[dependencies]\nsums = { path = \"../sums\" }\n";
    package.write("macros/Cargo.toml", &manifest("macros", "0.1.0", by_macro));
    package.write(
        "macros/src/lib.rs",
        "#[proc_macro]
pub fn nothing(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    assert_eq!(sums::sum(), 5);
    proc_macro::TokenStream::new()
}\n",
    );
    library(&package, "sums", "1.0.0", "sum_then", &spoiled(), "");
    let output = package.check(&[]);
    assert_code(&output, 0);
    let report = stdout(&output);
    assert!(report.contains("contracts of 1 root:"), "{report}");
    package.spoil();
    assert_code(&package.check(&[]), 1);
}

#[test]
fn a_virtual_workspace_is_checked_by_package() {
    let package = Package::new("virtual");
    package.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"kept\", \"broken\"]\nresolver = \"3\"\n",
    );
    for (name, assembly) in [("kept", ADD.to_owned()), ("broken", spoiled())] {
        package.write(&format!("{name}/Cargo.toml"), &manifest(name, "0.1.0", ""));
        package.write(&format!("{name}/build.rs"), BUILD);
        package.write(&format!("{name}/src/add.asm"), &assembly);
        package.write(
            &format!("{name}/src/main.rs"),
            &format!("{DECLARED}{CALLED}"),
        );
    }
    for (words, code) in [
        (&["-p", "kept"][..], 0),
        (&["-p", "broken"], 1),
        (&[], 1),
        (&["--workspace", "--exclude", "broken"], 0),
        (&["--manifest-path", "kept/Cargo.toml"], 0),
    ] {
        assert_code(&package.check(words), code);
    }
    let output = package.check(&["-p", "absent"]);
    assert_code(&output, 2);
    assert!(stderr(&output).contains("`absent`"), "{}", stderr(&output));
}

#[test]
fn a_path_may_hold_what_shells_and_makefiles_do_not_like() {
    let package = Package::with_assembly("a path/with 'quotes', $HOME, ä & (brackets)");
    package.spoil();
    for _ in 0..2 {
        let output = package.check(&[]);
        assert_code(&output, 1);
        let report = stdout(&output);
        assert!(report.contains("--> src/add.asm:"), "{report}");
    }
}

#[test]
fn a_target_that_is_named_is_checked() {
    let package = Package::with_assembly("target");
    package.spoil();
    let target = ["--target", "x86_64-unknown-linux-gnu"];
    assert_code(&package.check(&target), 1);
    assert!(
        package
            .root
            .join("target/x86_64-unknown-linux-gnu/debug/uses-asm")
            .exists()
    );
    package.write("src/add.asm", ADD);
    assert_code(&package.check(&target), 0);
    let output = package.check(&["--target", "of-another-world"]);
    assert_code(&output, 2);
    let told = stderr(&output);
    assert!(
        told.contains("of-another-world") && told.contains("mend what Cargo says"),
        "{told}"
    );
}

#[test]
fn it_works_offline_and_with_a_lock_file_that_must_stay() {
    let package = Package::with_assembly("offline");
    let output = package.check(&["--locked"]);
    assert_code(&output, 2);
    let told = stderr(&output);
    assert!(
        told.contains("--locked") && told.lines().count() < 12,
        "{told}"
    );
    assert!(!package.root.join("Cargo.lock").exists());
    assert_code(&package.check(&["--offline"]), 0);
    for words in ["--locked", "--frozen"] {
        assert_code(&package.check(&[words]), 0);
    }
    let lock = fs::read(package.root.join("Cargo.lock")).unwrap();
    package.manifest("[dependencies]\nabsent-from-here = \"1\"\n");
    for words in [&["--offline"][..], &["--locked", "--offline"]] {
        let output = package.check(words);
        assert_code(&output, 2);
        let told = stderr(&output);
        assert!(!told.contains("panicked"), "{told}");
        assert!(
            told.contains("offline") || told.contains("--locked"),
            "{told}"
        );
    }
    assert_eq!(fs::read(package.root.join("Cargo.lock")).unwrap(), lock);
}

#[test]
fn examples_and_tests_are_links_as_well() {
    let package = Package::with_assembly("all targets");
    package.spoil();
    package.write("src/main.rs", "fn main() {}\n");
    package.write("examples/sums.rs", &format!("{DECLARED}{CALLED}"));
    let test = CALLED.replace("fn main", "#[test]\nfn sums");
    package.write("tests/sums.rs", &format!("{DECLARED}{test}"));
    for (words, code) in [
        (&[][..], 0),
        (&["--bins"], 0),
        (&["--examples"], 1),
        (&["--tests"], 1),
        (&["--all-targets"], 1),
    ] {
        assert_code(&package.check(words), code);
    }
}

#[test]
fn who_watches_sees_what_is_done_and_a_log_stays_short() {
    let package = Package::with_assembly("progress");
    let ours = assert_cmd::cargo::cargo_bin!("cargo-abide");
    let watched = || {
        // It gives the command a terminal.
        let output = Command::new("script")
            .current_dir(&package.root)
            .args([
                "-qec",
                &format!("'{}' abide check", ours.display()),
                "/dev/null",
            ])
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap();
        assert_code(&output, 0);
        stdout(&output)
    };
    let seen = watched();
    for line in ["   Declaring what functions are", "     Judging uses-asm"] {
        assert!(seen.contains(line), "{seen}");
    }
    // Nothing is judged again.
    assert!(!watched().contains("Judging"));
    let output = package.check(&["--no-cache"]);
    for verb in ["Declaring", "Judging"] {
        assert!(!stderr(&output).contains(verb), "{}", stderr(&output));
    }
}

#[test]
fn the_configuration_is_found_from_a_directory_below_it() {
    let package = Package::new("configuration above");
    package.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n",
    );
    for name in ["one", "two"] {
        let symbol = format!("sum_of_{name}");
        let spoiled = spoiled().replace("sum_of", &symbol);
        package.write(&format!("{name}/Cargo.toml"), &manifest(name, "0.1.0", ""));
        package.write(&format!("{name}/build.rs"), BUILD);
        package.write(&format!("{name}/src/add.asm"), &spoiled);
        let main = format!("{DECLARED}{CALLED}").replace("sum_of", &symbol);
        package.write(&format!("{name}/src/main.rs"), &main);
    }
    let clobbers = |symbol: &str| {
        format!("[[contract]]\nsymbols = [\"{symbol}\"]\nclobbers = [\"rbx\"]\nreason = \"a\"\n")
    };
    let all = ["sum_of_one", "sum_of_two", "sum_of_none"].map(clobbers);
    package.write("abide.toml", &all.concat());
    let output = check(&package.root.join("one/src"), &[]);
    assert_code(&output, 0);

    // What one link has nothing of, another may have; what none has is told once.
    let output = package.check(&["--workspace"]);
    assert_code(&output, 0);
    let report = stdout(&output);
    let remarks: Vec<_> = report
        .lines()
        .filter(|line| line.contains("abide.toml`:"))
        .collect();
    assert_eq!(remarks.len(), 1, "{report}");
    assert!(remarks[0].contains("sum_of_none"), "{report}");

    // Of two files the nearer one counts.
    package.write("two/abide.toml", "");
    assert_code(&check(&package.root.join("two"), &[]), 1);
    let named = ["--manifest-path", "two/Cargo.toml"];
    assert_code(&check(&package.root.join("one"), &[]), 0);
    assert_code(&package.check(&named), 0);
}
