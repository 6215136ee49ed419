//! The corpus for Windows: what its crates' assembly is there, held to Microsoft's convention.
//!
//! Nothing is linked: the objects that build scripts make for Windows are made here, or stand in the
//! crate. Roots are those that the entry has on Linux, by their names.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use abide::inputs::{self, Image, Object};
use abide::project::{self, Project};
use abide::signatures::Signatures;
use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;

use super::entry::Entry;
use super::expectations::Expectations;
use super::measure::Row;
use super::outcome::Outcome;
use super::place;
use super::shipped::{
    Written, directory, fitting, flat_name, list, matching, read_list, roots_on_linux, succeed,
};
use super::{Task, Unit};

/// `corpus/windows.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(rename = "crate")]
    crates: Vec<Source>,
}

/// Where the assembly of one entry is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    entry: String,
    /// The package that has it, where the entry's project does not depend on it itself.
    package: Option<String>,
    /// Files to be assembled: paths in the crate, whose last part may have one `*`.
    #[serde(default)]
    sources: Vec<String>,
    /// Those of them that are parts of others.
    #[serde(default)]
    except: Vec<String>,
    /// Arguments of the assembler.
    #[serde(default)]
    flags: Vec<String>,
    /// What its sources include, where neither the crate nor its build on Linux has it.
    config: Option<Written>,
    /// Objects that the crate ships.
    #[serde(default)]
    objects: Vec<String>,
}

/// Assembles what is missing, and measures each of the entries that has something for Windows.
pub(crate) fn rows(entries: &[Entry], task: Task) -> Result<(Vec<Row>, Vec<String>)> {
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for source in &read_list::<List>(&place::windows())?.crates {
        let Some(entry) = entries.iter().find(|entry| entry.name == source.entry) else {
            continue;
        };
        match row(entry, source, task) {
            Ok(row) => rows.push(row),
            Err(error) => failures.push(format!("{}: {error:#}", entry.name)),
        }
    }
    Ok((rows, failures))
}

/// Assembles what is missing, and reads it.
pub(super) fn units(entries: &[Entry]) -> Result<Vec<Unit>> {
    let mut units = Vec::new();
    for source in &read_list::<List>(&place::windows())?.crates {
        if let Some(entry) = entries.iter().find(|entry| entry.name == source.entry) {
            units.push(unit(entry, &source.files(entry)?)?);
        }
    }
    Ok(units)
}

fn unit(entry: &Entry, files: &[PathBuf]) -> Result<Unit> {
    let mut objects = Vec::new();
    for file in files {
        objects.extend(inputs::read(file)?);
    }
    Ok(Unit {
        name: entry.name.clone(),
        roots: roots(entry, &objects)?,
        objects,
    })
}

fn row(entry: &Entry, source: &Source, task: Task) -> Result<Row> {
    let files = source.files(entry)?;
    list_for_runner(entry, &files)?;
    let start = Instant::now();
    let Unit { objects, roots, .. } = unit(entry, &files)?;
    // All of it was assembled, whatever traces tell.
    let sections = objects.iter().flat_map(|object| &object.sections);
    let code = sections.filter(|section| section.flags.execute);
    let size = code.map(|section| section.size).sum();
    let mut row = Row {
        name: entry.name.clone(),
        version: entry.version.clone(),
        size,
        from_rust: roots.len(),
        from_c: 0,
        not_referred_to: 0,
        of_unknown_language: 0,
        outcome: None,
        complaints: Vec::new(),
        false_alarms: 0,
        objdump: None,
    };
    if task == Task::Check {
        let project = Project {
            roots,
            ..Project::default()
        };
        let unit = project::judge_unit(Image::new(objects), &project, &Signatures::default())?;
        let outcome = Outcome::of(&unit, start.elapsed());
        row.hold(
            outcome,
            &Expectations::of(&format!("windows/{}", entry.name))?,
        );
    }
    Ok(row)
}

/// Where `runner --windows` finds the files.
fn list_for_runner(entry: &Entry, files: &[PathBuf]) -> Result<()> {
    let directory = entry.work.join("windows");
    let names = files.iter().map(|file| format!("{}\n", file.display()));
    fs::create_dir_all(&directory)
        .and_then(|()| fs::write(directory.join("unit.txt"), names.collect::<String>()))
        .with_context(|| format!("failed to write to {}", directory.display()))
}

/// What one source of the crate that an entry depends on makes for Windows.
pub(crate) fn one(entry: &Entry, source: &str, flags: &[String]) -> Result<Vec<PathBuf>> {
    let source = Source {
        entry: entry.name.clone(),
        package: None,
        sources: vec![source.to_owned()],
        except: Vec::new(),
        flags: flags.to_vec(),
        config: None,
        objects: Vec::new(),
    };
    source.files(entry)
}

/// The roots that the entry has on Linux, as far as they are defined here.
fn roots(entry: &Entry, objects: &[Object]) -> Result<HashSet<String>> {
    let symbols = objects.iter().flat_map(|object| &object.symbols);
    let defined: HashSet<&str> = symbols
        .filter(|symbol| inputs::link::is_definition(symbol))
        .map(|symbol| symbol.name.as_str())
        .collect();
    let names = roots_on_linux(entry)?.into_iter().map(|(_, name)| name);
    let names = names.filter(|name| defined.contains(name.as_str()));
    Ok(names.collect())
}

impl Source {
    /// The objects, made where they are missing.
    fn files(&self, entry: &Entry) -> Result<Vec<PathBuf>> {
        let package = self.package.as_ref().unwrap_or(&entry.depends_on);
        let directory = directory(entry, package)?;
        let mut files = Vec::new();
        for pattern in &self.objects {
            files.extend(matching(&directory, pattern)?);
        }
        for source in fitting(&directory, &self.sources, &self.except)? {
            files.push(self.assemble(entry, &directory, &source)?);
        }
        if files.is_empty() {
            bail!("nothing in {} fits", directory.display());
        }
        Ok(files)
    }

    fn assemble(&self, entry: &Entry, directory: &Path, source: &Path) -> Result<PathBuf> {
        let to = entry.work.join("windows");
        fs::create_dir_all(&to).with_context(|| format!("failed to make {}", to.display()))?;
        let object = to.join(flat_name(directory, source)).with_extension("obj");
        if object.is_file() {
            return Ok(object);
        }
        let out = match &self.config {
            Some(config) => {
                config.write(&to)?;
                to
            }
            None if self.flags.iter().any(|flag| flag.contains("{out}")) => {
                written_by_build(entry)?
            }
            None => PathBuf::new(),
        };
        let flags = self.flags.iter().map(|flag| {
            let flag = flag.replace("{crate}", &directory.to_string_lossy());
            flag.replace("{out}", &out.to_string_lossy())
        });
        let nasm = |source: &Path| {
            let mut nasm = Command::new("nasm");
            nasm.args(["-f", "win64"]).args(flags.clone());
            succeed(nasm.arg("-o").arg(&object).arg(source))
        };
        match source.extension().and_then(OsStr::to_str) {
            Some("asm") => nasm(source)?,
            Some("pl") => nasm(&written_by_perl(source, &object.with_extension("asm"))?)?,
            _ => {
                let plain = object.with_extension("s");
                let mut cc = Command::new("cc");
                cc.args(["-E", "-x", "assembler-with-cpp"]).args(flags);
                succeed(cc.arg("-o").arg(&plain).arg(source))?;
                let mut assembler = Command::new("llvm-mc");
                assembler.args(["-triple=x86_64-pc-windows-gnu", "-filetype=obj"]);
                succeed(assembler.arg("-o").arg(&object).arg(&plain))?;
            }
        }
        Ok(object)
    }
}

/// What one of OpenSSL's scripts writes for NASM, as OpenSSL's build calls it: scripts find their
/// neighbours from where they are.
fn written_by_perl(script: &Path, assembly: &Path) -> Result<PathBuf> {
    let mut perl = Command::new("perl");
    perl.arg(script).arg("nasm").arg(assembly);
    // Which instructions the assembler knows is asked of it.
    perl.env("ASM", "nasm").env("CC", "cc");
    succeed(perl.current_dir(script.parent().unwrap_or(Path::new("/"))))?;
    Ok(assembly.to_owned())
}

/// Where the crate's build script wrote `config.asm`, while the entry was built.
fn written_by_build(entry: &Entry) -> Result<PathBuf> {
    let builds = entry.work.join("target/release/build");
    let mut directories = list(&builds)?.into_iter().map(|build| build.join("out"));
    let found = directories.find(|out| out.join("config.asm").is_file());
    found.ok_or_else(|| {
        anyhow!(
            "no build script wrote `config.asm` under {}",
            builds.display()
        )
    })
}
