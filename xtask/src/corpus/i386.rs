//! The corpus for 32-bit x86: what its crates' assembly is there, held to the conventions of i386.
//!
//! Nothing is linked, and there is no Rust for that target here. Roots are exported functions that
//! the entry has on Linux by the same name, or whose names the crate's own Rust or C spells out.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use abide::contracts::Configuration;
use abide::inputs::{self, Binding, Image, Object};
use abide::project::{self, Project};
use abide::signatures::Signatures;
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::Task;
use super::assembly;
use super::entry::Entry;
use super::expectations::Expectations;
use super::measure::Row;
use super::outcome::Outcome;
use super::place;
use super::shipped::{
    Written, directory, expanded_by_m4, fitting, flat_name, matching, read_list, roots_on_linux,
    succeed, unpacked,
};

/// `corpus/i386.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(rename = "crate")]
    crates: Vec<Source>,
}

/// Where the assembly of one entry is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    entry: String,
    /// The package that has it, where the entry's project does not depend on it itself.
    package: Option<String>,
    /// An archive in the crate that its sources are in.
    archive: Option<String>,
    /// Files to be assembled: paths in the crate, whose last part may have one `*`.
    sources: Vec<String>,
    /// Those of them that are parts of others, or are not for this system.
    #[serde(default)]
    except: Vec<String>,
    /// Arguments of the assembler, or of the script that writes what is assembled.
    #[serde(default)]
    flags: Vec<String>,
    /// What its sources include, and the crate does not ship.
    config: Option<Written>,
    /// More of that.
    #[serde(default)]
    beside: Vec<Written>,
    /// What stands before the names of the crate's symbols, and not in its source.
    #[serde(default)]
    prefix: String,
    /// The convention that the crate declares, where it is not the platform's.
    convention: Option<String>,
    /// Where the crate's Rust and C is that may call the assembly.
    callers: Vec<String>,
    /// Tables in the code's section, whose symbols do not say so.
    #[serde(default)]
    data: Vec<String>,
}

/// The object that one source of an entry makes.
pub(crate) fn one(entry: &Entry, source: &str, flags: &[String]) -> Result<Vec<PathBuf>> {
    let source = Source {
        entry: entry.name.clone(),
        sources: vec![source.to_owned()],
        flags: flags.to_vec(),
        ..Source::default()
    };
    let directory = directory(entry, &entry.depends_on)?;
    source.files(entry, &directory)
}

/// Assembles what is missing, and measures each of the entries that has something for i386.
pub(crate) fn rows(entries: &[Entry], task: Task) -> Result<(Vec<Row>, Vec<String>)> {
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for (entry, source) in listed(entries)? {
        match row(entry, &source, task) {
            Ok(row) => rows.push(row),
            Err(error) => failures.push(format!("{}: {error:#}", entry.name)),
        }
    }
    Ok((rows, failures))
}

/// What entries have that keeps the platform's convention.
pub(crate) fn units(entries: &[Entry]) -> Result<Vec<super::Unit>> {
    let listed = listed(entries)?.into_iter();
    let by_platform = listed.filter(|(_, source)| source.convention.is_none());
    by_platform
        .map(|(entry, source)| {
            let Unit { objects, roots, .. } = source.unit(entry)?;
            let names = roots.from_rust.into_iter().chain(roots.from_c);
            Ok(super::Unit {
                name: entry.name.clone(),
                objects,
                roots: names.collect(),
            })
        })
        .collect()
}

/// The entries that the list names, in its order.
fn listed(entries: &[Entry]) -> Result<Vec<(&Entry, Source)>> {
    let list: List = read_list(&place::i386())?;
    let found = list.crates.into_iter().filter_map(|source| {
        let entry = entries.iter().find(|entry| entry.name == source.entry)?;
        Some((entry, source))
    });
    Ok(found.collect())
}

fn row(entry: &Entry, source: &Source, task: Task) -> Result<Row> {
    let unit = source.unit(entry)?;
    let mut row = Row {
        name: entry.name.clone(),
        version: entry.version.clone(),
        size: unit.objects.iter().map(assembly::size).sum(),
        from_rust: unit.roots.from_rust.len(),
        from_c: unit.roots.from_c.len(),
        not_referred_to: unit.roots.not_referred_to,
        of_unknown_language: 0,
        outcome: None,
        complaints: Vec::new(),
        false_alarms: 0,
        objdump: None,
    };
    unit.write(&entry.work)?;
    if task == Task::Check {
        let start = Instant::now();
        let outcome = Outcome::of(&unit.judge()?, start.elapsed());
        row.hold(outcome, &Expectations::of(&format!("i386/{}", entry.name))?);
    }
    Ok(row)
}

/// The assembly of an entry, and who refers to it.
struct Unit {
    objects: Vec<Object>,
    roots: Roots,
    convention: Option<String>,
}

impl Unit {
    /// Leaves for the runner what it needs beside the objects.
    fn write(&self, work: &Path) -> Result<()> {
        let mut text = self
            .convention
            .clone()
            .unwrap_or_else(|| "cdecl".to_owned());
        for name in self.roots.from_rust.union(&self.roots.from_c) {
            text.push_str(&format!("\n{name}"));
        }
        let path = work.join("i386/roots.txt");
        fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
    }

    fn judge(self) -> Result<project::Unit> {
        let roots = self.roots.from_rust.union(&self.roots.from_c);
        let project = Project {
            roots: roots.cloned().collect(),
            configuration: Configuration {
                convention: self.convention,
                ..Configuration::default()
            },
            ..Project::default()
        };
        let image = Image::new(self.objects);
        Ok(project::judge_unit(
            image,
            &project,
            &Signatures::default(),
        )?)
    }
}

/// Exported names, by who spells them out.
struct Roots {
    from_rust: BTreeSet<String>,
    from_c: BTreeSet<String>,
    not_referred_to: usize,
}

impl Source {
    fn unit(&self, entry: &Entry) -> Result<Unit> {
        let package = self.package.as_ref().unwrap_or(&entry.depends_on);
        let mut directory = directory(entry, package)?;
        if let Some(archive) = &self.archive {
            directory = unpacked(entry, &directory.join(archive))?;
        }
        let mut objects = Vec::new();
        for file in self.files(entry, &directory)? {
            objects.extend(inputs::read(&file)?);
        }
        let roots = self.roots(entry, &directory, &objects)?;
        Ok(Unit {
            objects,
            roots,
            convention: self.convention.clone(),
        })
    }

    /// The objects, made where they are missing.
    fn files(&self, entry: &Entry, directory: &Path) -> Result<Vec<PathBuf>> {
        let to = entry.work.join("i386");
        fs::create_dir_all(&to).with_context(|| format!("failed to make {}", to.display()))?;
        for written in self.config.iter().chain(&self.beside) {
            written.write(&to)?;
        }
        let mut files = Vec::new();
        for source in fitting(directory, &self.sources, &self.except)? {
            files.push(self.assemble(&to, directory, &source)?);
        }
        if files.is_empty() {
            bail!("nothing in {} fits", directory.display());
        }
        Ok(files)
    }

    fn assemble(&self, to: &Path, directory: &Path, source: &Path) -> Result<PathBuf> {
        let object = to.join(flat_name(directory, source)).with_extension("o");
        if object.is_file() {
            return Ok(object);
        }
        let flags = self.flags.iter().map(|flag| {
            let flag = flag.replace("{crate}", &directory.to_string_lossy());
            flag.replace("{out}", &to.to_string_lossy())
        });
        match source.extension().and_then(|ending| ending.to_str()) {
            Some("asm") if self.config.as_ref().is_some_and(Written::is_for_m4) => {
                let plain = expanded_by_m4(directory, source, &object, flags)?;
                succeed(cc().arg("-o").arg(&object).arg(&plain))?;
            }
            Some("asm" | "nas" | "nasm") => {
                let mut nasm = Command::new("nasm");
                nasm.args(["-f", "elf32"]).args(flags);
                succeed(nasm.arg("-o").arg(&object).arg(source))?;
            }
            Some("pl") => {
                let written = object.with_extension("s");
                let mut perl = Command::new("perl");
                perl.arg(source).arg("elf").args(flags).arg(&written);
                // Some scripts ask the compiler what it is.
                succeed(perl.env("CC", "cc"))?;
                succeed(cc().arg("-o").arg(&object).arg(&written))?;
            }
            _ => succeed(cc().args(flags).arg("-o").arg(&object).arg(source))?,
        }
        Ok(object)
    }

    /// Which exported functions are roots.
    fn roots(&self, entry: &Entry, directory: &Path, objects: &[Object]) -> Result<Roots> {
        let labels = objects.iter().flat_map(assembly::labels);
        let exported = labels
            .filter(|symbol| symbol.binding != Binding::Local)
            .filter(|symbol| !self.data.contains(&symbol.name));
        let exported: BTreeSet<&str> = exported.map(|symbol| symbol.name.as_str()).collect();
        let spelled = Spelled::of(entry, directory, &self.callers)?;
        let by = |words: &HashSet<String>| -> BTreeSet<String> {
            let is_spelled = |name: &&&str| {
                let plain = name.strip_prefix(&self.prefix).unwrap_or(name);
                words.contains(**name) || words.contains(plain)
            };
            let names = exported.iter().filter(is_spelled);
            names.map(|&name| name.to_owned()).collect()
        };
        let from_rust = by(&spelled.by_rust);
        let from_c = &by(&spelled.by_c) - &from_rust;
        Ok(Roots {
            not_referred_to: exported.len() - from_rust.len() - from_c.len(),
            from_rust,
            from_c,
        })
    }
}

fn cc() -> Command {
    let mut cc = Command::new("cc");
    cc.args(["-m32", "-c"]);
    cc
}

/// The words of a crate's source, by language. The roots that the entry has on Linux are among those
/// of the language that refers to them there.
#[derive(Default)]
struct Spelled {
    by_rust: HashSet<String>,
    by_c: HashSet<String>,
}

impl Spelled {
    fn of(entry: &Entry, directory: &Path, callers: &[String]) -> Result<Self> {
        let mut spelled = Self::default();
        for caller in callers {
            spelled.read(&directory.join(caller))?;
        }
        for (language, name) in roots_on_linux(entry)? {
            match language.as_str() {
                "rust" => spelled.by_rust.insert(name),
                _ => spelled.by_c.insert(name),
            };
        }
        Ok(spelled)
    }

    /// Reads a file, or all in a directory.
    fn read(&mut self, path: &Path) -> Result<()> {
        if path.is_dir() {
            for file in matching(path, "*")? {
                self.read(&file)?;
            }
            return Ok(());
        }
        let words = match path.extension().and_then(|ending| ending.to_str()) {
            Some("rs") => &mut self.by_rust,
            Some("c" | "cc" | "cpp" | "h" | "inc") => &mut self.by_c,
            _ => return Ok(()),
        };
        let text = fs::read(path).with_context(|| format!("failed to read {}", path.display()))?;
        let text = String::from_utf8_lossy(&text);
        let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let found = text.split(|letter| !is_of_word(letter));
        words.extend(found.filter(|word| !word.is_empty()).map(str::to_owned));
        Ok(())
    }
}
