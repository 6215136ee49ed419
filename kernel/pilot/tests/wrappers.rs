//! Every save, restore, flag and frame of asm/isr_wrapper.asm, broken one by one: the checker must
//! refuse each, and name the register, flag or slot.
//!
//! The assembler expands the macros first, so that each wrapper is broken by itself. Only that
//! object is made anew; the link is the kernel's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilot::variant::{KERNEL, Variant, checker};

const PLAIN: Variant = Variant {
    name: "plain",
    features: "",
    nasm_flags: "",
    checked: true,
};

/// What a System V function preserves by itself: without their `pop` they still hold.
const PRESERVED: [&str; 6] = ["rbx", "rbp", "r12", "r13", "r14", "r15"];

/// The wrappers' text, all macros expanded.
struct Text {
    lines: Vec<String>,
    /// Each instruction: its line, and the function that it belongs to.
    instructions: Vec<(usize, String)>,
}

/// Some lines replaced, and what the checker must say of it.
struct Mistake {
    name: String,
    edits: Vec<(usize, String)>,
    says: Vec<String>,
}

impl Text {
    fn read() -> Result<Self> {
        let output = Command::new("nasm")
            .args(["-E", "asm/isr_wrapper.asm"])
            .current_dir(KERNEL)
            .output()
            .context("failed to run nasm")?;
        ensure!(output.status.success(), "the wrappers are no assembly");
        let text = String::from_utf8(output.stdout)?;
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut function = String::new();
        let mut instructions = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let word = line.split_whitespace().next().unwrap_or_default();
            if let Some(label) = word.strip_suffix(':') {
                if !label.starts_with('.') {
                    label.clone_into(&mut function);
                }
            } else if is_instruction(word) && !function.is_empty() {
                instructions.push((number, function.clone()));
            }
        }
        Ok(Self {
            lines,
            instructions,
        })
    }

    fn words(&self, at: usize) -> Vec<&str> {
        let line = self.instructions.get(at).map(|(line, _)| *line);
        line.map_or(Vec::new(), |line| {
            self.lines[line].split_whitespace().collect()
        })
    }

    /// The instruction `verb REGISTER`, if it is one.
    fn register(&self, at: usize, verb: &str) -> Option<&str> {
        match self.words(at)[..] {
            [found, register] if found == verb && register.starts_with('r') => Some(register),
            _ => None,
        }
    }

    /// All mistakes.
    fn mistakes(&self) -> Vec<Mistake> {
        let instructions = 0..self.instructions.len();
        instructions.flat_map(|at| self.mistakes_at(at)).collect()
    }

    fn mistakes_at(&self, at: usize) -> Vec<Mistake> {
        let (line, function) = &self.instructions[at];
        let text = &self.lines[*line];
        let mut mistakes = Vec::new();
        let mut replace = |by: &str, says: &[&str]| {
            mistakes.push(Mistake {
                name: format!("{function}: `{}` becomes `{}`", text.trim(), by.trim()),
                edits: vec![(*line, by.to_owned())],
                says: says.iter().map(ToString::to_string).collect(),
            });
        };
        let is_first = at == 0 || self.instructions[at - 1].1 != *function;
        match self.words(at)[..] {
            ["push", register] if register.starts_with('r') => replace("", &[&quoted(register)]),
            // The callee has kept it, but the frame is missed.
            ["pop", register]
                if *function == "exception_common" && PRESERVED.contains(&register) =>
            {
                replace("", &["wrong_interrupt_frame", "for the RIP to go on at"]);
            }
            ["pop", register] => replace("", &[&quoted(register)]),
            ["push", "0"] if is_stub(function) => {
                replace("", &["wrong_interrupt_frame", &quoted(function)]);
            }
            ["push", _] if is_first && is_stub(function) => {
                let by = format!(" push 0\n{text}");
                replace(&by, &["wrong_interrupt_frame", &quoted(function)]);
            }
            ["fxsave64", ..] => replace("", &["`xmm0` and 15 more"]),
            // `ldmxcsr` changes it whatever the callee does.
            ["fxrstor64", ..] => replace("", &["`mxcsr`"]),
            ["cld"] => replace("", &["the direction flag of what it interrupts"]),
            ["and", "rsp,", _] => replace("", &["misaligned"]),
            ["lea", "rsp,", ..] | ["mov", "rsp,", "rbx"] => {
                replace("", &["wrong_interrupt_frame", "bytes too low"]);
            }
            ["add", "rsp,", _] => {
                for by in [" add rsp, 8", " add rsp, 24", ""] {
                    replace(by, &["wrong_interrupt_frame", "`exception_stub_"]);
                }
            }
            _ => {}
        }
        for verb in ["push", "pop"] {
            mistakes.extend(self.swap(at, verb));
        }
        mistakes
    }

    /// Two saves, or two restores, in the other's place.
    fn swap(&self, at: usize, verb: &str) -> Option<Mistake> {
        let (one, other) = (self.register(at, verb)?, self.register(at + 1, verb)?);
        let (line, function) = &self.instructions[at];
        let (next, _) = self.instructions[at + 1];
        Some(Mistake {
            name: format!("{function}: `{verb}` of {one} and {other} are swapped"),
            edits: vec![
                (*line, self.lines[next].clone()),
                (next, self.lines[*line].clone()),
            ],
            says: vec![quoted(one), quoted(other)],
        })
    }

    fn with(&self, edits: &[(usize, String)]) -> String {
        let mut lines = self.lines.clone();
        for (line, text) in edits {
            lines[*line].clone_from(text);
        }
        lines.join("\n")
    }
}

fn is_instruction(word: &str) -> bool {
    let first = word.chars().next();
    first.is_some_and(|first| first.is_ascii_lowercase()) && !matches!(word, "times" | "dq")
}

fn is_stub(function: &str) -> bool {
    function.starts_with("exception_stub_")
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}

/// Checks the kernel's link with other wrappers; what the checker says, and whether it refuses.
struct Link {
    checker: PathBuf,
    built: PathBuf,
    scratch: tempfile::TempDir,
}

impl Link {
    fn new() -> Result<Self> {
        let built = PLAIN.build()?.elf();
        let built = built.parent().context("a directory")?.to_owned();
        Ok(Self {
            checker: checker()?,
            built,
            scratch: tempfile::tempdir()?,
        })
    }

    fn check(&self, wrappers: &str, name: &str) -> Result<(bool, String)> {
        let scratch = |ending: &str| self.scratch.path().join(format!("{name}.{ending}"));
        fs::write(scratch("asm"), wrappers)?;
        let status = Command::new("nasm")
            .args(["-f", "elf64", "-g", "-F", "dwarf", "-w-all", "-o"])
            .args([scratch("o"), scratch("asm")])
            .status()?;
        ensure!(status.success(), "{name} is no assembly");
        let object = |name: &str| self.built.join(format!("{name}.o"));
        let library = "cargo/x86_64-unknown-linux-gnu/release/libkernel.a";
        let output = Command::new(&self.checker)
            .args(["check", "--entry", "start", "--script", "linker.ld"])
            .args([
                "--gc-sections",
                "--config",
                "abide.toml",
                "--deny",
                "possible",
            ])
            .args([object("runtime"), scratch("o")])
            .args(["boot", "cpu", "memory", "faults", "symbols"].map(object))
            .arg(self.built.join(library))
            .current_dir(Path::new(KERNEL))
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        match output.status.code() {
            Some(code @ (0 | 1)) => Ok((code == 1, said)),
            code => anyhow::bail!("the checker ended with {code:?}: {said}"),
        }
    }
}

#[test]
fn wrappers_without_a_mistake_pass() -> Result<()> {
    let text = Text::read()?;
    let (refused, said) = Link::new()?.check(&text.with(&[]), "whole")?;
    assert!(!refused, "{said}");
    // What README.md names as not known, and nothing else.
    let question = "[undecided]: whether `boot` keeps its contract";
    assert!(said.contains(question), "{said}");
    assert_eq!(said.matches("[undecided]").count(), 1, "{said}");
    Ok(())
}

#[test]
fn each_mistake_is_refused_by_name() -> Result<()> {
    let (text, link) = (Text::read()?, Link::new()?);
    let mistakes = text.mistakes();
    // Five wrappers, 32 stubs: fewer mistakes mean that they are not found any more.
    assert!(mistakes.len() > 200, "{}", mistakes.len());
    let next = std::sync::atomic::AtomicUsize::new(0);
    let take = || -> Result<Vec<String>> {
        let mut failures = Vec::new();
        loop {
            let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(mistake) = mistakes.get(number) else {
                return Ok(failures);
            };
            let (refused, said) = link.check(&text.with(&mistake.edits), &number.to_string())?;
            let missing: Vec<_> = mistake
                .says
                .iter()
                .filter(|says| !said.contains(*says))
                .collect();
            if !refused || !missing.is_empty() {
                failures.push(format!(
                    "{}: refused: {refused}, not said: {missing:?}",
                    mistake.name
                ));
            }
        }
    };
    let failures: Result<Vec<_>> = std::thread::scope(|scope| {
        let threads = [0, 1].map(|_| scope.spawn(take));
        let failures = threads.map(|thread| thread.join().expect("a check does not panic"));
        failures.into_iter().collect()
    });
    let failures = failures?.concat();
    assert!(
        failures.is_empty(),
        "of {}:\n{}",
        mistakes.len(),
        failures.join("\n")
    );
    Ok(())
}
