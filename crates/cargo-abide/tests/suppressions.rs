//! What is in order by the user's own words is not told, and counted; words without a use are told.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::package::{CALLED, DECLARED, Package, assert_code};
use common::{abide, run, scratch, stderr, stdout};

/// Two functions that lose a register, one that loses none.
const SOURCE: &str = "section .note.GNU-stack noalloc noexec nowrite progbits
global f:function, g:function, h:function
section .text
f:
    xor ebx, ebx
    ret
g:
    call lose
    ret
lose:
    xor r12d, r12d
    ret
h:
    call lose
    ret
";

fn object(test: &str, source: &str) -> PathBuf {
    let dir = scratch(&format!("suppressions/{test}"));
    fs::write(dir.join("a.asm"), source).unwrap();
    run(Command::new("nasm")
        .current_dir(&dir)
        .args(["-g", "-F", "dwarf", "-f", "elf64", "a.asm", "-o", "a.o"]));
    dir
}

fn check(dir: &Path, code: i32) -> String {
    let output = abide(dir, &["check", "--all-exported", "a.o"]);
    assert_code(&output, code);
    stdout(&output)
}

#[test]
fn a_comment_beside_a_label_suppresses() {
    let above = "; abide: allow(clobbered_register) — every caller saves all\n";
    let beside = " ; abide: allow(clobbered_register) -- as f\n";
    let source = SOURCE
        .replace("f:\n", &format!("{above}f:\n"))
        .replace("g:\n", &format!("g:{beside}"));
    let dir = object("labels", &source);
    let report = check(&dir, 1);
    assert!(
        report.contains("1 denied, 0 warned, 2 suppressed"),
        "{report}"
    );
    let told = "suppressed: `clobbered_register` of `f`: every caller saves all\n";
    assert!(report.contains(told), "{report}");
    assert!(!report.contains("`f` does not preserve"), "{report}");
    // It shares its cause with `g`, and is told though `g` is not.
    assert!(report.contains("`h` does not preserve `r12`"), "{report}");
    // The verdict is what it is.
    assert!(report.contains("3 refuted"), "{report}");
    let source = source.replace("h:\n", "h: ; abide: allow(clobbered_register): as f\n");
    let report = check(&object("labels", &source), 0);
    assert!(
        report.contains("0 denied, 0 warned, 3 suppressed"),
        "{report}"
    );
}

#[test]
fn the_configuration_suppresses_by_globs() {
    let dir = object("globs", SOURCE);
    let allow = |rule: &str, symbols: &str| {
        let text = format!("[[allow]]\nrule = \"{rule}\"\nsymbols = {symbols}\nreason = \"r\"\n");
        fs::write(dir.join("abide.toml"), text).unwrap();
    };
    allow("clobbered_register", "[\"?\"]");
    assert!(check(&dir, 0).contains("3 suppressed"));
    allow("clobbered_register", "[\"g\"]");
    let report = check(&dir, 1);
    assert!(report.contains("`h` does not preserve"), "{report}");
    allow("direction_flag", "[\"f\"]");
    let report = check(&dir, 1);
    let needless = "warning[needless_suppression]: `f` needs no suppression of `direction_flag`";
    assert!(report.contains(needless), "{report}");
    allow("clobbered_register", "[\"other\"]");
    let needless = "`other` needs no suppression of `clobbered_register`: it fits no symbol";
    assert!(check(&dir, 1).contains(needless));
    let typed =
        "[[allow]]\nrule = \"clobbered_register\"\ntypes = [\"codec_fn\"]\nreason = \"r\"\n";
    fs::write(dir.join("abide.toml"), typed).unwrap();
    let needless = "`codec_fn` needs no suppression of `clobbered_register`: it fits no type";
    assert!(check(&dir, 1).contains(needless));
}

#[test]
fn what_is_not_known_is_suppressed_by_its_rule() {
    let source = "section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    push rbx
    jmp [rdi]
";
    let dir = object("unknown", source);
    assert!(check(&dir, 0).contains("warning[undecided]"));
    // What is not known is not known to be kept.
    let words = |rule| format!("; abide: allow({rule}) — r\nf:\n");
    let other = source.replace("f:\n", &words("clobbered_register"));
    let report = check(&object("unknown", &other), 0);
    assert!(report.contains("warning[undecided]"), "{report}");
    assert!(!report.contains("needless_suppression"), "{report}");
    let own = source.replace("f:\n", &words("undecided"));
    let report = check(&object("unknown", &own), 0);
    assert!(
        report.contains("0 denied, 0 warned, 1 suppressed"),
        "{report}"
    );
}

#[test]
fn words_that_mean_nothing_are_refused_or_told() {
    let dir = object("meaningless", SOURCE);
    for (text, message) in [
        (
            "[[allow]]\nrule = \"f\"\nsymbols = [\"f\"]\n",
            "missing field `reason`",
        ),
        (
            "[[allow]]\nrule = \"direction_flag\"\nsymbols = [\"f\"]\nreason = \" \"\n",
            "empty `reason`",
        ),
        (
            "[[allow]]\nrule = \"direction_flag\"\nsymbols = []\nreason = \"r\"\n",
            "without `symbols`",
        ),
        (
            "[[allow]]\nrule = \"direction_flg\"\nsymbols = [\"f\"]\nreason = \"r\"\n",
            "the nearest name is `direction_flag`",
        ),
    ] {
        fs::write(dir.join("abide.toml"), text).unwrap();
        let output = abide(&dir, &["check", "--all-exported", "a.o"]);
        assert_code(&output, 2);
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    for (comment, message) in [
        ("allow(clobbered_register)", "without a reason"),
        (
            "allow(clobbered_registr) — r",
            "the nearest is `clobbered_register`",
        ),
        ("allow() — r", "is no rule"),
    ] {
        let source = SOURCE.replace("f:\n", &format!("; abide: {comment}\nf:\n"));
        let report = check(&object("meaningless", &source), 1);
        assert!(report.contains("warning[needless_suppression]"), "{report}");
        assert!(report.contains(message), "{report}");
        assert!(report.contains("`f` does not preserve `rbx`"), "{report}");
    }
}

#[test]
fn a_comment_beside_a_declaration_suppresses_and_is_noticed_when_it_goes() {
    let package = Package::with_assembly("suppressions");
    let narrow = DECLARED.replace("b: u64", "b: u32");
    let comment = "// abide: allow(trusted_upper_bits) — we extend it";
    let declared = narrow.replace("{ fn", &format!("{{\n    {comment}\n    fn"));
    package.write("src/main.rs", &format!("{narrow}{CALLED}"));
    assert_code(&package.check(&[]), 1);
    package.write("src/main.rs", &format!("{declared}{CALLED}"));
    // The second time it is what was kept.
    for _ in 0..2 {
        let output = package.check(&[]);
        assert_code(&output, 0);
        assert!(
            stdout(&output).contains("1 suppressed"),
            "{}",
            stdout(&output)
        );
    }
    package.write(
        "src/main.rs",
        &format!("{}{CALLED}", declared.replace("u32", "u64")),
    );
    let output = package.check(&[]);
    assert_code(&output, 0);
    let needless = "`sum_of` needs no suppression of `trusted_upper_bits`: it is kept";
    assert!(stdout(&output).contains(needless), "{}", stdout(&output));
}

#[test]
fn what_one_link_needs_is_not_told_by_another() {
    let package = Package::with_assembly("suppressions of links");
    package.spoil();
    let main = format!("{DECLARED}{CALLED}");
    package.write("src/bin/one.rs", &main);
    package.write("src/bin/two.rs", "fn main() {}\n");
    let allow = |symbols: &str| {
        let text = format!(
            "[[allow]]\nrule = \"clobbered_register\"\nsymbols = [{symbols}]\nreason = \"r\"\n"
        );
        package.write("abide.toml", &text);
        package.check(&["--deny", "needless_suppression"])
    };
    assert_code(&allow("\"sum_of\""), 0);
    let output = allow("\"sum_of\", \"sum_off\"");
    assert_code(&output, 1);
    let report = stdout(&output);
    let needless = "error[needless_suppression]: `sum_off` needs no suppression of \
                    `clobbered_register`: it fits no symbol of what was given; the nearest is \
                    `sum_of`";
    assert!(report.contains(needless), "{report}");
    // It is told once, for all links.
    assert_eq!(
        report.matches("[needless_suppression]").count(),
        1,
        "{report}"
    );
}

#[test]
fn a_comment_in_assembly_is_noticed_though_no_object_changes() {
    let package = Package::with_assembly("suppressions in assembly");
    package.spoil();
    // The build runs for the archive's own sources alone.
    let build = fs::read_to_string(package.root.join("build.rs")).unwrap();
    package.write(
        "build.rs",
        &build.replace("rerun-if-changed=src/add.asm", "rerun-if-changed=build.rs"),
    );
    assert_code(&package.check(&[]), 1);
    assert_code(&package.check(&[]), 1);
    let text = fs::read_to_string(package.root.join("src/add.asm")).unwrap();
    let allowed = "sum_of: ; abide: allow(clobbered_register) — r\n";
    package.write("src/add.asm", &text.replace("sum_of:\n", allowed));
    assert_code(&package.check(&[]), 0);
    package.write("src/add.asm", &text);
    assert_code(&package.check(&[]), 1);
}
