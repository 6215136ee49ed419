//! `cargo abide check` in Cargo projects, as their users have them.

mod common;

use std::fs;
use std::process::Command;

use common::package::{ADD, BUILD, CALLED, DECLARED, Package, assert_code, check};
use common::{scratch, stderr, stdout};

#[test]
fn a_declaration_is_held_against_the_code_wherever_it_stands() {
    let package = Package::with_assembly("a declaration");
    // A macro writes it, so that no reader of source finds it.
    let declared = "macro_rules! declare { ($name:ident, $($ty:ty),*) => {
        unsafe extern \"C\" { fn $name($(_: $ty),*) -> u64; } } }
declare!(sum_of, u64);\n";
    let called = CALLED.replace("sum_of(2, 3)", "sum_of(2)");
    package.write("src/main.rs", &format!("{declared}{called}"));
    let output = package.check(&[]);
    assert_code(&output, 1);
    let report = stdout(&output);
    let message = "error[undeclared_argument]: `sum_of` reads an argument in `rsi`";
    assert!(report.contains(message), "{report}");
    assert!(report.contains("src/add.asm:"), "{report}");

    let declared = "unsafe extern \"C\" { fn sum_of(a: u64, b: u32) -> u64; }\n";
    package.write("src/main.rs", &format!("{declared}{CALLED}"));
    let output = package.check(&["--release"]);
    assert_code(&output, 1);
    let report = stdout(&output);
    assert!(report.contains("error[trusted_upper_bits]"), "{report}");
    // Both sides are shown.
    assert!(report.contains("src/main.rs:1:"), "{report}");
    assert!(report.contains("src/add.asm:"), "{report}");
    let kept = package.root.join("target/abide/signatures");
    assert!(kept.is_dir());
    assert!(
        !package
            .root
            .join("target/release/deps/uses_asm.ll")
            .exists()
    );
}

#[test]
fn a_profile_may_ask_for_several_codegen_units() {
    let package = Package::with_assembly("codegen units");
    package.manifest("[profile.dev]\ncodegen-units = 4\nincremental = true\n");
    let declared = "macro_rules! declare { ($name:ident, $($ty:ty),*) => {
        unsafe extern \"C\" { fn $name($(_: $ty),*) -> u64; } } }
declare!(sum_of, u64);
mod a { pub fn one() -> u64 { 1 } }
mod b { pub fn two() -> u64 { super::a::one() + 1 } }\n";
    let called = CALLED.replace("sum_of(2, 3)", "sum_of(b::two())");
    package.write("src/main.rs", &format!("{declared}{called}"));
    let output = package.check(&[]);
    assert_code(&output, 1);
    let report = stdout(&output);
    assert!(report.contains("error[undeclared_argument]"), "{report}");
}

#[test]
fn a_declaration_in_a_dependency_is_held_against_its_code() {
    let package = Package::new("a declaration in a dependency");
    package.manifest("[dependencies]\ninner = { path = \"inner\" }\n");
    package.write(
        "src/main.rs",
        "fn main() { println!(\"{}\", inner::sum(2)); }\n",
    );
    package.write("inner/build.rs", BUILD);
    package.write("inner/src/add.asm", ADD);
    package.write(
        "inner/Cargo.toml",
        "[package]\nname = \"inner\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    package.write(
        "inner/src/lib.rs",
        "unsafe extern \"C\" { fn sum_of(a: u64) -> u64; }
pub fn sum(a: u64) -> u64 { unsafe { sum_of(a) } }\n",
    );
    let output = package.check(&[]);
    assert_code(&output, 1);
    let report = stdout(&output);
    assert!(report.contains("error[undeclared_argument]"), "{report}");
    assert!(report.contains("inner/src/lib.rs:1:"), "{report}");
}

#[test]
fn a_clobber_is_found_and_mended() {
    let package = Package::with_assembly("a program");
    package.spoil();
    let output = package.check(&[]);
    assert_code(&output, 1);
    let report = stdout(&output);
    assert!(
        report.contains("`sum_of` does not preserve `rbx`"),
        "{report}"
    );
    assert!(report.contains("src/add.asm:"), "{report}");

    package.write("src/add.asm", ADD);
    let output = package.check(&[]);
    assert_code(&output, 0);
    assert!(
        stdout(&output).contains("contracts of 1 root"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn what_is_fresh_is_checked_as_well() {
    let package = Package::with_assembly("fresh");
    package.spoil();
    for round in 0..2 {
        assert_code(&package.check(&["--release"]), 1);
        assert_code(&package.check(&[]), 1);
        if round == 0 {
            // The links that were kept are gone, what they made is not.
            fs::remove_dir_all(package.root.join("target/abide")).unwrap();
        }
    }
}

#[test]
fn the_users_own_artifacts_stay() {
    let package = Package::with_assembly("artifacts");
    let mut build = Command::new("cargo");
    build
        .current_dir(&package.root)
        .env_remove("CARGO_TARGET_DIR")
        .args(["build", "--quiet"]);
    common::run(&mut build);
    assert_code(&package.check(&[]), 0);
    let again = common::run(build.args(["--message-format=json"]));
    let again = stdout(&again);
    assert!(again.contains("\"fresh\":true"), "{again}");
    assert!(!again.contains("\"fresh\":false"), "{again}");
}

#[test]
fn what_is_kept_lies_where_artifacts_go() {
    let package = Package::with_assembly("target directory");
    package.spoil();
    for _ in 0..2 {
        assert_code(&package.check(&["--target-dir", "else where"]), 1);
    }
    assert!(package.root.join("else where/abide/links").is_dir());
    assert!(!package.root.join("target").exists());
}

#[test]
fn features_change_what_is_linked() {
    let package = Package::with_assembly("features");
    package.manifest("[features]\nasm = []\n");
    package.spoil();
    package.write(
        "src/main.rs",
        &format!("#[cfg(feature = \"asm\")]\n{DECLARED}#[cfg(feature = \"asm\")]\n{CALLED}#[cfg(not(feature = \"asm\"))]\nfn main() {{}}\n"),
    );
    for _ in 0..2 {
        assert_code(&package.check(&["--features", "asm"]), 1);
        assert_code(&package.check(&[]), 0);
    }
}

#[test]
fn a_library_is_checked_before_anything_links_it() {
    let package = Package::with_assembly("a library");
    fs::remove_file(package.root.join("src/main.rs")).unwrap();
    package.write(
        "src/lib.rs",
        &format!("{DECLARED}#[must_use]\npub fn sum(a: u64, b: u64) -> u64 {{ unsafe {{ sum_of(a, b) }} }}\n"),
    );
    assert_code(&package.check(&[]), 0);
    package.spoil();
    let output = package.check(&[]);
    assert_code(&output, 1);
    assert!(stdout(&output).contains("`sum_of`"), "{}", stdout(&output));
}

#[test]
fn each_link_of_a_workspace_is_checked() {
    let package = Package::with_assembly("workspace");
    package.spoil();
    package.write("src/bin/other.rs", "fn main() {}\n");
    let output = package.check(&["--format", "json"]);
    assert_code(&output, 1);
    let reports: Vec<serde_json::Value> = serde_json::Deserializer::from_str(&stdout(&output))
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let mut found: Vec<_> = reports
        .iter()
        .map(|report| {
            common::formats::is_of_schema("check", report).unwrap();
            let findings = report["findings"].as_array().unwrap().len();
            (report["unit"]["name"].as_str().unwrap(), findings > 0)
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, [("other", false), ("uses-asm", true)]);
    assert_code(&package.check(&["--bin", "other"]), 0);
}

#[test]
fn several_links_are_one_log_that_tells_each_finding_once() {
    let package = Package::with_assembly("one log");
    package.spoil();
    package.write("src/bin/other.rs", &format!("{DECLARED}{CALLED}"));
    let output = package.check(&["--format", "sarif"]);
    assert_code(&output, 1);
    let log: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    common::formats::is_sarif(&log).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 1, "{results:#?}");
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/add.asm");
    let output = package.check(&["--format", "github"]);
    assert_code(&output, 1);
    common::formats::is_github(&stdout(&output), 1).unwrap();
}

#[test]
fn a_program_without_assembly_is_in_order() {
    let package = Package::new("no assembly");
    package.write("src/main.rs", "fn main() {}\n");
    let output = package.check(&[]);
    assert_code(&output, 0);
    let report = stdout(&output);
    assert!(
        report.contains("no compiled code refers to a function in assembly"),
        "{report}"
    );
}

#[test]
fn a_wrapper_of_the_users_own_goes_on_to_be_called() {
    let package = Package::with_assembly("wrapper");
    package.spoil();
    package.write(
        "wrapper.sh",
        "#!/bin/sh\necho called >> \"$CALLS\"\nexec \"$@\"\n",
    );
    common::run(
        Command::new("chmod")
            .current_dir(&package.root)
            .args(["+x", "wrapper.sh"]),
    );
    let calls = package.root.join("calls.txt");
    let output = common::checker(&package.root)
        .args(["abide", "check"])
        .env("RUSTC_WORKSPACE_WRAPPER", package.root.join("wrapper.sh"))
        .env("CALLS", &calls)
        .output()
        .unwrap();
    assert_code(&output, 1);
    assert!(fs::read_to_string(calls).unwrap().contains("called"));
}

#[test]
fn a_wrapper_that_a_configuration_file_names_goes_on_to_be_called() {
    let package = Package::with_assembly("configured wrapper");
    package.spoil();
    let configured =
        "[build]\nrustc-workspace-wrapper = \"./own.sh\"\nrustc-wrapper = \"./all.sh\"\n";
    package.write(".cargo/config.toml", configured);
    for name in ["own", "all"] {
        let script =
            format!("#!/bin/sh\necho \"$*\" >> \"$(dirname \"$0\")/{name}.txt\"\nexec \"$@\"\n");
        package.write(&format!("{name}.sh"), &script);
        let script = package.root.join(format!("{name}.sh"));
        common::run(Command::new("chmod").arg("+x").arg(script));
    }
    assert_code(&package.check(&[]), 1);
    let calls = |name: &str| fs::read_to_string(package.root.join(name)).unwrap();
    // In the build that is checked, and in the one of LLVM IR.
    for calls in [calls("own.txt"), calls("all.txt")] {
        assert!(calls.contains("--emit=dep-info,link"), "{calls}");
        assert!(calls.contains(",llvm-ir"), "{calls}");
    }
}

#[test]
fn a_linker_of_the_users_own_goes_on_to_be_called() {
    let package = Package::with_assembly("linker");
    package.spoil();
    package.write(
        "ours.sh",
        "#!/bin/sh\ntouch \"$(dirname \"$0\")/linked\"\nexec cc \"$@\"\n",
    );
    common::run(
        Command::new("chmod")
            .current_dir(&package.root)
            .args(["+x", "ours.sh"]),
    );
    let linker = package.root.join("ours.sh");
    package.write(
        ".cargo/config.toml",
        &format!("[target.x86_64-unknown-linux-gnu]\nlinker = {:?}\n", linker),
    );
    assert_code(&package.check(&[]), 1);
    assert!(package.root.join("linked").exists());
}

#[test]
fn what_cannot_be_built_is_told_with_what_to_do() {
    let broken = Package::with_assembly("broken");
    broken.write("src/main.rs", "fn main() { let x: u32 = \"\"; }\n");
    let script = Package::with_assembly("script");
    script.write("build.rs", "fn main() { panic!(\"no nasm\") }\n");
    let nowhere = scratch("cargo project/nowhere");
    // A project above would be found: this one has no manifest in its place.
    fs::write(nowhere.join("Cargo.toml"), "this is no manifest").unwrap();
    for (output, expected) in [
        (broken.check(&[]), "mend what Cargo says above"),
        (script.check(&[]), "mend what Cargo says above"),
        (check(&nowhere, &[]), "--manifest-path"),
        (
            broken.check(&["--package", "absent"]),
            "mend what Cargo says above",
        ),
        (broken.check(&["--release", "a.o"]), "do not go together"),
        (
            broken.check(&["--locked", "--manifest-path", "absent/Cargo.toml"]),
            "absent/Cargo.toml",
        ),
    ] {
        assert_code(&output, 2);
        let told = stderr(&output);
        assert!(told.contains(expected), "{told}");
        assert!(!told.contains("panicked at crates"), "{told}");
    }
}

#[test]
fn a_function_whose_address_is_a_number_may_be_entered_otherwise() {
    let package = Package::with_assembly("address cast");
    package.spoil();
    let program = |used: &str| {
        let body = format!("fn main() {{ let boot = {used}; println!(\"{{boot:?}}\"); }}\n");
        package.write("src/main.rs", &format!("{DECLARED}{body}"));
        package.check(&[])
    };
    // As of a stack that a switch of contexts returns into.
    let output = program("sum_of as *const () as usize");
    assert_code(&output, 0);
    let report = stdout(&output);
    assert!(report.contains("warning[undecided]"), "{report}");
    assert!(report.contains("root = true"), "{report}");

    // A pointer to a function has its type.
    let output = program("sum_of as unsafe extern \"C\" fn(u64, u64) -> u64");
    assert_code(&output, 1);
    assert!(stdout(&output).contains("error[clobbered_register]"));
}

#[test]
fn declarations_for_other_targets_are_not_denied() {
    let package = Package::with_assembly("other processors");
    let unused = "global unused:function\nunused:\n    ret\n";
    package.write("src/add.asm", &format!("{ADD}{unused}"));
    let modules = "mod x86;\n#[cfg(target_arch = \"arm\")]\nmod arm;\n";
    package.write("src/main.rs", &format!("{modules}{DECLARED}{CALLED}"));
    for (file, convention) in [("x86", "sysv64"), ("arm", "aapcs")] {
        let declared = format!("unsafe extern \"{convention}\" {{ pub fn unused(); }}\n");
        package.write(&format!("src/{file}.rs"), &declared);
    }
    let output = package.check(&[]);
    assert_code(&output, 0);
    assert!(!stdout(&output).contains("clashing_declaration"));

    // Which of two modules is compiled here, their text does not say, but what rustc read does.
    package.write(
        "src/arm.rs",
        "unsafe extern \"C\" { pub fn unused(of: f64); }\n",
    );
    let output = package.check(&[]);
    assert_code(&output, 0);
    assert!(!stdout(&output).contains("clashing_declaration"));
    let output = package.check(&["--source", "src"]);
    assert_code(&output, 0);
    let report = stdout(&output);
    assert!(report.contains("warning[clashing_declaration]"), "{report}");
}

#[test]
fn a_dependency_that_may_be_a_shared_library_is_none_of_the_links() {
    let package = Package::with_assembly("shared dependency");
    let manifest = "[package]\nname = \"uses-asm\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let dependency =
        "[dependencies]\ninner = { path = \"inner\" }\n[workspace]\nexclude = [\"inner\"]\n";
    package.write("Cargo.toml", &format!("{manifest}{dependency}"));
    package.write(
        "inner/Cargo.toml",
        "[package]\nname = \"inner\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = \
         [\"lib\", \"cdylib\"]\n[workspace]\n",
    );
    package.write("inner/src/lib.rs", "pub fn two() -> u64 { 2 }\n");
    let called = CALLED.replace("sum_of(2, 3)", "sum_of(inner::two(), 3)");
    package.write("src/main.rs", &format!("{DECLARED}{called}"));
    let output = package.check(&[]);
    assert_code(&output, 0);
    assert!(stdout(&output).contains("contracts of 1 root"));
}

/// Source of which rustc reads nothing for this target and these features declares nothing; what a
/// build script wrote does.
#[test]
fn declarations_are_those_of_the_source_that_was_compiled() {
    let package = Package::with_assembly("compiled source");
    let elsewhere = "unsafe extern \"C\" { pub fn sum_of(a: u64, b: u64) -> u64; }\n";
    package.write("src/another_target.rs", elsewhere);
    let written = r#"    std::fs::write(out.join("declared.rs"),
        "unsafe extern \"C\" { pub fn sum_of(a: u64, b: u32) -> u64; }\n").unwrap();
}
"#;
    let build = BUILD.trim_end().strip_suffix('}').unwrap();
    package.write("build.rs", &format!("{build}{written}"));
    let included = "#[cfg(target_arch = \"aarch64\")]
mod another_target;
include!(concat!(env!(\"OUT_DIR\"), \"/declared.rs\"));
";
    package.write("src/main.rs", &format!("{included}{CALLED}"));
    let output = package.check(&[]);
    assert_code(&output, 1);
    let report = stdout(&output);
    assert!(report.contains("error[trusted_upper_bits]"), "{report}");
    assert!(report.contains("out/declared.rs:1:"), "{report}");
    assert!(!report.contains("another_target.rs"), "{report}");
}
