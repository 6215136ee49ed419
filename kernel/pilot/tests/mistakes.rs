//! A deliberate mistake of each kind, made in a copy of the kernel: its build must stop, and the
//! checker's message must name the cause.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use pilot::variant::{KERNEL, Turn};

/// What a build of the kernel reads.
const SOURCES: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "Makefile",
    "abide.toml",
    "linker.ld",
    "symbols.awk",
    "asm",
    "src",
];

/// A copy of the kernel to make a mistake in.
struct Copy {
    directory: PathBuf,
    /// Cargo takes all copies for one package and goes by the sources' times: whoever builds must
    /// have copied last, so a copy has the turn from its beginning.
    turn: Turn,
}

impl Copy {
    /// All copies share one build of the dependencies.
    fn new(name: &str) -> Result<Self> {
        let turn = Turn::wait()?;
        let mistakes = Path::new(KERNEL).join("build/mistakes");
        let directory = mistakes.join(name);
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(directory.join("build"))?;
        fs::create_dir_all(mistakes.join("cargo"))?;
        std::os::unix::fs::symlink("../../cargo", directory.join("build/cargo"))?;
        for source in SOURCES {
            copy(&Path::new(KERNEL).join(source), &directory.join(source))?;
        }
        Ok(Self { directory, turn })
    }

    /// Replaces a text that must be there, once.
    fn replace(&self, file: &str, right: &str, wrong: &str) -> Result<()> {
        let file = self.directory.join(file);
        let text = fs::read_to_string(&file)?;
        ensure!(
            text.matches(right).count() == 1,
            "{right:?} is not once in {}",
            file.display()
        );
        fs::write(&file, text.replace(right, wrong)).context("failed to make the mistake")
    }

    /// Builds, expects the build to fail, and returns what it said.
    fn fail(&self) -> Result<String> {
        let output = self.turn.make(&self.directory, &[])?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(!output.status.success(), "the mistake went through");
        ensure!(
            !self.directory.join("build/linked.elf").exists(),
            "it was linked all the same"
        );
        Ok(said)
    }
}

/// Copies a file or a directory. The copies are newer than any earlier build.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::write(to, fs::read(from)?)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn assert_says(said: &str, texts: &[&str]) {
    for text in texts {
        assert!(said.contains(text), "{text:?} is missing in:\n{said}");
    }
}

#[test]
fn a_copy_without_a_mistake_builds() -> Result<()> {
    let copy = Copy::new("none")?;
    let output = copy.turn.make(&copy.directory, &[])?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let checked = fs::read_to_string(copy.directory.join("build/checked"))?;
    assert!(checked.contains("0 denied"), "{checked}");
    Ok(())
}

#[test]
fn a_renamed_symbol() -> Result<()> {
    let copy = Copy::new("renamed")?;
    let file = copy.directory.join("asm/cpu.asm");
    fs::write(
        &file,
        fs::read_to_string(&file)?.replace("task_load", "tasks_load"),
    )?;
    let said = copy.fail()?;
    assert_says(
        &said,
        &["error[undefined_symbol]", "`task_load` is undefined"],
    );
    assert_says(&said, &["the nearest name is `tasks_load`", "src/gdt.rs"]);
    Ok(())
}

#[test]
fn a_missing_global() -> Result<()> {
    let copy = Copy::new("global")?;
    copy.replace("asm/cpu.asm", "global idt_load", ";lobal idt_load")?;
    let said = copy.fail()?;
    assert_says(
        &said,
        &[
            "error[undefined_symbol]",
            "`idt_load`",
            "write `global idt_load`",
        ],
    );
    Ok(())
}

#[test]
fn a_missing_no_mangle() -> Result<()> {
    let copy = Copy::new("no_mangle")?;
    let function = "extern \"C\" fn _interrupt_handler_kbd()";
    let right = format!("#[unsafe(no_mangle)]\n{function}");
    copy.replace("src/interrupts.rs", &right, function)?;
    let said = copy.fail()?;
    assert_says(
        &said,
        &[
            "error[undefined_symbol]",
            "`_interrupt_handler_kbd`",
            "#[unsafe(no_mangle)]",
        ],
    );
    Ok(())
}

#[test]
fn an_object_of_32_bits() -> Result<()> {
    let copy = Copy::new("32_bit")?;
    let stubs = "bits 32\nglobal idt_load, gdt_load, task_load\n\
                 idt_load:\ngdt_load:\ntask_load:\n    ret\n";
    fs::write(copy.directory.join("asm/cpu.asm"), stubs)?;
    let rule = "\n$(OUT)/cpu.o: asm/cpu.asm\n\tnasm -f elf32 $< -o $@\n\n$(OUT)/%.o: asm";
    copy.replace("Makefile", "\n$(OUT)/%.o: asm", rule)?;
    assert_says(&copy.fail()?, &["error[foreign_object]", "cpu.o", "32"]);
    Ok(())
}

#[test]
fn a_second_definition() -> Result<()> {
    let copy = Copy::new("twice")?;
    copy.replace(
        "asm/memory.asm",
        "section .text",
        "section .text\nglobal idt_load\nidt_load:",
    )?;
    let said = copy.fail()?;
    assert_says(
        &said,
        &[
            "error[duplicate_symbol]",
            "`idt_load`",
            "asm/cpu.asm",
            "asm/memory.asm",
        ],
    );
    Ok(())
}

#[test]
fn an_interrupt_on_the_stack_of_a_red_zone() -> Result<()> {
    let copy = Copy::new("no_ist")?;
    copy.replace(
        "Makefile",
        "FEATURES  ?=",
        "FEATURES  ?= experiments no_ist",
    )?;
    let said = copy.fail()?;
    assert_says(
        &said,
        &[
            "error[interruptible_red_zone]",
            "`_interrupt_handler_timer_wrapper` may overwrite what `stress_red_zone` keeps",
            "(vector 32) names no stack of its own",
        ],
    );
    Ok(())
}
