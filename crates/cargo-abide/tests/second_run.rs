//! A second run shows what the first one decided, unless anything changed that it was made of.
//!
//! Each test writes a word of its own into what was kept, with a sum that is right: a report with
//! that word was not decided anew, a report without it was.

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use common::package::{ADD, Package, assert_code};
use common::{stderr, stdout};

/// What the checker never says.
const MARK: &str = "as it was kept";

fn kept(package: &Package) -> Vec<PathBuf> {
    let files = fs::read_dir(package.root.join("target/abide/reports")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// Rewrites the content of what is kept; the sum before it is made right.
fn rewrite(package: &Package, change: impl Fn(&str) -> String) {
    for path in kept(package) {
        let text = fs::read_to_string(&path).unwrap();
        let (_, content) = text.split_once('\n').unwrap();
        let content = change(content);
        let sum = blake3::hash(content.as_bytes()).to_hex();
        fs::write(&path, format!("{sum}\n{content}")).unwrap();
    }
}

/// A package whose check is denied, kept and marked.
fn marked(test: &str) -> Package {
    let package = Package::with_assembly(&format!("second run/{test}"));
    package.spoil();
    mark(&package);
    package
}

fn mark(package: &Package) {
    assert_code(&package.check(&[]), 1);
    rewrite(package, |content| {
        content.replace("does not preserve", MARK)
    });
    assert!(is_shown_again(&package.check(&[])));
}

fn is_shown_again(output: &Output) -> bool {
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{}",
        stderr(output)
    );
    stdout(output).contains(MARK)
}

#[test]
fn it_says_the_same_in_every_format() {
    let package = Package::with_assembly("second run/formats");
    // Its refutation draws a frame.
    package.write(
        "src/add.asm",
        &ADD.replace(
            "    mov rcx",
            "    push rbx\n    push r12\n    add rsp, 8\n    mov rcx",
        ),
    );
    for format in ["text", "json", "sarif", "github"] {
        let arguments = ["--format", format];
        let anew = package.check(&["--format", format, "--no-cache"]);
        let first = package.check(&arguments);
        let second = package.check(&arguments);
        assert_code(&second, 1);
        assert!(stdout(&anew).contains("the stack before") || format != "text");
        assert_eq!(stdout(&anew), stdout(&first));
        assert_eq!(stdout(&first), stdout(&second));
    }
    // A format more is no other question.
    assert_eq!(kept(&package).len(), 1);
}

#[test]
fn what_is_shown_can_be_asked_for_anew() {
    let package = marked("anew");
    assert!(is_shown_again(&package.check(&["--format", "json"])));
    let anew = package.check(&["--no-cache"]);
    assert_code(&anew, 1);
    assert!(!is_shown_again(&anew));
}

#[test]
fn changed_assembly_is_noticed() {
    let package = marked("assembly");
    package.write("src/add.asm", ADD);
    assert_code(&package.check(&[]), 0);
    package.spoil();
    let output = package.check(&[]);
    assert_code(&output, 1);
    assert!(!is_shown_again(&output));
}

#[test]
fn an_object_whose_time_stamp_stays_is_noticed() {
    let package = marked("object");
    let links = fs::read_dir(package.root.join("target/abide/links")).unwrap();
    let files = links.flat_map(|link| fs::read_dir(link.unwrap().path()).unwrap());
    let mut files = files.map(|file| file.unwrap().path());
    let is_own = |path: &PathBuf| path.to_string_lossy().ends_with(".rcgu.o");
    let object = files
        .find(is_own)
        .expect("the program's own objects are kept");
    let time = fs::metadata(&object).unwrap().modified().unwrap();
    let mut bytes = fs::read(&object).unwrap();
    // The section `.comment` decides nothing.
    let comment = bytes
        .windows(13)
        .position(|bytes| bytes == b"rustc version");
    bytes[comment.expect("rustc signs its objects")] = b'R';
    // It is a link to what Cargo made, which is to stay.
    fs::remove_file(&object).unwrap();
    fs::write(&object, bytes).unwrap();
    let file = fs::File::options().write(true).open(&object).unwrap();
    file.set_modified(time).unwrap();
    assert!(!is_shown_again(&package.check(&[])));
}

#[test]
fn a_changed_configuration_is_noticed() {
    let package = marked("configuration");
    package.write("abide.toml", "[levels]\nclobbered_register = \"warn\"\n");
    let output = package.check(&[]);
    assert_code(&output, 0);
    assert!(!is_shown_again(&output));
    package.write("abide.toml", "[levels]\nclobbered_register = \"deny\"\n");
    let output = package.check(&[]);
    assert_code(&output, 1);
    assert!(!is_shown_again(&output));
    fs::remove_file(package.root.join("abide.toml")).unwrap();
    assert!(!is_shown_again(&package.check(&[])));
}

#[test]
fn a_changed_declaration_is_noticed() {
    let package = marked("declaration");
    let text = fs::read_to_string(package.root.join("src/main.rs")).unwrap();
    // rustc makes the same object of it.
    package.write("src/main.rs", &text.replace("a: u64", "a: i64"));
    let output = package.check(&[]);
    assert_code(&output, 1);
    assert!(!is_shown_again(&output));
}

#[test]
fn changed_source_of_a_declaration_is_noticed() {
    let package = marked("source");
    let main = fs::read_to_string(package.root.join("src/main.rs")).unwrap();
    // A part of the crate that makes nothing, but says what types are.
    package.write(
        "src/main.rs",
        &format!("#[allow(dead_code)] mod types; {main}"),
    );
    package.write("src/types.rs", "pub type Length = u64;\n");
    assert!(!is_shown_again(&package.check(&[])));
    mark(&package);
    package.write("src/types.rs", "pub type Length = u32;\n");
    assert!(!is_shown_again(&package.check(&[])));
    mark(&package);
    // What rustc does not read declares nothing.
    package.write("src/others.rs", "pub type Length = u64;\n");
    assert!(is_shown_again(&package.check(&[])));
    package.write("src/main.rs", &main);
    assert!(!is_shown_again(&package.check(&[])));
}

#[test]
fn other_words_are_another_question() {
    let package = marked("words");
    for words in [
        &["--release"][..],
        &["--warn", "clobbered_register"],
        &["--names"],
        &["--root", "sum_of"],
        &["--complete"],
    ] {
        assert!(!is_shown_again(&package.check(words)), "{words:?}");
    }
    assert!(is_shown_again(&package.check(&[])));
}

#[test]
fn another_version_of_the_tool_decides_anew() {
    let package = marked("tool");
    let ours = assert_cmd::cargo::cargo_bin!("cargo-abide");
    let other = package.root.join("cargo-abide");
    let mut program = fs::read(ours).unwrap();
    program.push(0);
    // A copy has the permissions.
    fs::copy(ours, &other).unwrap();
    fs::write(&other, program).unwrap();
    let output = Command::new(&other)
        .current_dir(&package.root)
        .args(["abide", "check"])
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    assert_code(&output, 1);
    assert!(!is_shown_again(&output));
}

#[test]
fn what_is_damaged_is_decided_anew() {
    let package = marked("damaged");
    for damage in [
        |text: &mut Vec<u8>| text.truncate(text.len() / 2),
        |text: &mut Vec<u8>| text.clear(),
        |text: &mut Vec<u8>| *text.last_mut().unwrap() = b' ',
        |text: &mut Vec<u8>| text[0] ^= 1,
        |text: &mut Vec<u8>| text.push(0xff),
    ] {
        for path in kept(&package) {
            let mut text = fs::read(&path).unwrap();
            damage(&mut text);
            fs::write(&path, text).unwrap();
        }
        let output = package.check(&[]);
        assert_code(&output, 1);
        assert!(!is_shown_again(&output));
        mark(&package);
    }
    // A right sum over what is no report.
    rewrite(&package, |content| {
        content.replace("\"reports\"", "\"other\"")
    });
    assert!(!is_shown_again(&package.check(&[])));
}

#[test]
fn declarations_that_could_not_be_read_are_asked_for_again() {
    let package = Package::with_assembly("second run/no ir");
    package.write(
        "wrapper.sh",
        "#!/bin/sh\ncase \"$*\" in *llvm-ir*) exit 1; esac\nexec \"$@\"\n",
    );
    let wrapper = package.root.join("wrapper.sh");
    common::run(Command::new("chmod").arg("+x").arg(&wrapper));
    let check = |wrapper: Option<&PathBuf>| {
        let mut check = common::checker(&package.root);
        check.args(["abide", "check"]);
        let wrapper = wrapper.map(|wrapper| ("RUSTC_WRAPPER", wrapper));
        let output = check.envs(wrapper).output();
        stdout(&output.unwrap())
    };
    let told = "no function is held to its declaration";
    assert!(check(Some(&wrapper)).contains(told));
    let report = check(None);
    assert!(
        report.contains("checked ") && !report.contains(told),
        "{report}"
    );
}
