//! The corpus for Windows: what its crates' assembly is there, held to Microsoft's convention.
//!
//! Nothing is linked: the objects that build scripts make for Windows are made here, or stand in the
//! crate. Roots are those that the entry has on Linux, by their names.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use abide::contracts::Configuration;
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
    Written, directory, expanded_by_m4, fitting, flat_name, list, matching, read_list,
    roots_on_linux, succeed, unpacked,
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
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    entry: String,
    /// The package that has it, where the entry's project does not depend on it itself.
    package: Option<String>,
    /// An archive in the crate that its sources are in.
    archive: Option<String>,
    /// Whether the crate's build script is run for Windows, before its objects are looked for.
    #[serde(default)]
    scripted: bool,
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
    /// More of that.
    #[serde(default)]
    beside: Vec<Written>,
    /// Objects that the crate ships, or its build script makes.
    #[serde(default)]
    objects: Vec<String>,
    /// What the crate adds to a function's name on Windows.
    #[serde(default)]
    suffix: String,
    /// The convention that the crate declares, where it is not the platform's.
    convention: Option<String>,
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

/// What entries have that keeps the platform's convention.
pub(super) fn units(entries: &[Entry]) -> Result<Vec<Unit>> {
    let mut units = Vec::new();
    let sources = read_list::<List>(&place::windows())?.crates;
    let by_platform = sources.iter().filter(|source| source.convention.is_none());
    for source in by_platform {
        if let Some(entry) = entries.iter().find(|entry| entry.name == source.entry) {
            units.push(unit(entry, source, &source.files(entry)?)?);
        }
    }
    Ok(units)
}

fn unit(entry: &Entry, source: &Source, files: &[PathBuf]) -> Result<Unit> {
    let mut objects = Vec::new();
    for file in files {
        objects.extend(inputs::read(file)?);
    }
    Ok(Unit {
        name: entry.name.clone(),
        roots: roots(entry, &source.suffix, &objects)?,
        objects,
    })
}

fn row(entry: &Entry, source: &Source, task: Task) -> Result<Row> {
    let files = source.files(entry)?;
    let start = Instant::now();
    let Unit { objects, roots, .. } = unit(entry, source, &files)?;
    if source.convention.is_none() {
        list_for_runner(entry, &files, &roots)?;
    }
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
            configuration: Configuration {
                convention: source.convention.clone(),
                ..Configuration::default()
            },
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

/// Where `runner --windows` finds the files, and what is held to a contract.
fn list_for_runner(entry: &Entry, files: &[PathBuf], roots: &HashSet<String>) -> Result<()> {
    let directory = entry.work.join("windows");
    let names = files.iter().map(|file| format!("{}\n", file.display()));
    let mut roots: Vec<String> = roots.iter().map(|root| format!("{root}\n")).collect();
    roots.sort();
    fs::create_dir_all(&directory)
        .and_then(|()| fs::write(directory.join("unit.txt"), names.collect::<String>()))
        .and_then(|()| fs::write(directory.join("roots.txt"), roots.concat()))
        .with_context(|| format!("failed to write to {}", directory.display()))
}

/// What one source of the crate that an entry depends on makes for Windows.
pub(crate) fn one(
    entry: &Entry,
    source: &str,
    flags: &[String],
    config: Option<&Written>,
) -> Result<Vec<PathBuf>> {
    let source = Source {
        entry: entry.name.clone(),
        sources: vec![source.to_owned()],
        flags: flags.to_vec(),
        config: config.cloned(),
        ..Source::default()
    };
    source.files(entry)
}

/// The roots that the entry has on Linux, as far as they are defined here.
fn roots(entry: &Entry, suffix: &str, objects: &[Object]) -> Result<HashSet<String>> {
    let symbols = objects.iter().flat_map(|object| &object.symbols);
    let defined: HashSet<&str> = symbols
        .filter(|symbol| inputs::link::is_definition(symbol))
        .map(|symbol| symbol.name.as_str())
        .collect();
    let names = roots_on_linux(entry)?.into_iter();
    let names = names.map(|(_, name)| format!("{name}{suffix}"));
    let names = names.filter(|name| defined.contains(name.as_str()));
    Ok(names.collect())
}

impl Source {
    /// The objects, made where they are missing.
    fn files(&self, entry: &Entry) -> Result<Vec<PathBuf>> {
        let package = self.package.as_ref().unwrap_or(&entry.depends_on);
        let mut directory = directory(entry, package)?;
        let made = match self.scripted {
            true => run_build_script(entry, package, &directory)?,
            false => PathBuf::new(),
        };
        if let Some(archive) = &self.archive {
            directory = unpacked(entry, &directory.join(archive))?;
        }
        let mut files = Vec::new();
        for pattern in &self.objects {
            let pattern = pattern.replace("{out}", &made.to_string_lossy());
            files.extend(matching(&directory, &pattern)?);
        }
        for source in fitting(&directory, &self.sources, &self.except)? {
            files.push(self.assemble(entry, &directory, &source)?);
        }
        if files.is_empty() {
            bail!("nothing in {} fits", directory.display());
        }
        Ok(files)
    }

    /// Whether its sources are for the compiler, whatever they are called.
    fn is_preprocessed(&self) -> bool {
        let mut flags = self.flags.iter();
        flags.any(|flag| flag == "-xassembler-with-cpp")
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
                for written in iter::once(config).chain(&self.beside) {
                    written.write(&to)?;
                }
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
        let llvm_mc = |plain: &Path| {
            let mut assembler = Command::new("llvm-mc");
            assembler.args(["-triple=x86_64-pc-windows-gnu", "-filetype=obj"]);
            succeed(assembler.arg("-o").arg(&object).arg(plain))
        };
        match source.extension().and_then(OsStr::to_str) {
            Some("asm") if self.config.as_ref().is_some_and(Written::is_for_m4) => {
                let plain = expanded_by_m4(directory, source, &object, flags.clone())?;
                llvm_mc(&plain)?;
            }
            Some("asm") if !self.is_preprocessed() => nasm(source)?,
            Some("pl") => nasm(&written_by_perl(source, &object.with_extension("asm"))?)?,
            _ => {
                let plain = object.with_extension("s");
                let mut cc = Command::new("cc");
                cc.args(["-E", "-x", "assembler-with-cpp"]).args(flags);
                succeed(cc.arg("-o").arg(&plain).arg(source))?;
                llvm_mc(&plain)?;
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

/// Where the crate's build script writes when Cargo builds for Windows with GNU's tools: the script
/// that was built for the entry is run once more, as for that target.
fn run_build_script(entry: &Entry, package: &str, directory: &Path) -> Result<PathBuf> {
    let out = entry.work.join("windows/out");
    if out.is_dir() {
        return Ok(out);
    }
    let builds = entry.work.join("target/release/build");
    let built = matching(&builds, &format!("{package}-*"))?.into_iter();
    let script = built
        .map(|built| built.join("build-script-build"))
        .find(|script| script.is_file())
        .ok_or_else(|| anyhow!("no build script of {package} under {}", builds.display()))?;
    let beside = out.with_extension("new");
    fs::create_dir_all(&beside).with_context(|| format!("failed to make {}", beside.display()))?;
    let mut command = Command::new(script);
    command
        .current_dir(directory)
        .env("CARGO_MANIFEST_DIR", directory);
    command.env("OUT_DIR", &beside).envs(FOR_WINDOWS);
    succeed(&mut command)?;
    fs::rename(&beside, &out).with_context(|| format!("failed to make {}", out.display()))?;
    Ok(out)
}

/// What Cargo tells a build script for that target.
const FOR_WINDOWS: [(&str, &str); 14] = [
    ("CARGO_CFG_TARGET_ARCH", "x86_64"),
    ("CARGO_CFG_TARGET_ENDIAN", "little"),
    ("CARGO_CFG_TARGET_ENV", "gnu"),
    ("CARGO_CFG_TARGET_FAMILY", "windows"),
    ("CARGO_CFG_TARGET_FEATURE", "fxsr,sse,sse2"),
    ("CARGO_CFG_TARGET_OS", "windows"),
    ("CARGO_CFG_TARGET_POINTER_WIDTH", "64"),
    ("CARGO_CFG_TARGET_VENDOR", "pc"),
    ("DEBUG", "false"),
    ("HOST", "x86_64-unknown-linux-gnu"),
    ("NUM_JOBS", "1"),
    ("OPT_LEVEL", "3"),
    ("PROFILE", "release"),
    ("TARGET", "x86_64-pc-windows-gnu"),
];

/// Where the crate's build script wrote `config.asm`, while the entry was built.
fn written_by_build(entry: &Entry) -> Result<PathBuf> {
    let builds = entry.work.join("target/release/build");
    for out in list(&builds)?.into_iter().map(|build| build.join("out")) {
        // Beside what it writes there itself, or where the library's own build ran.
        let within = if out.is_dir() {
            list(&out)?
        } else {
            Vec::new()
        };
        let mut places = iter::once(out).chain(within);
        if let Some(found) = places.find(|place| place.join("config.asm").is_file()) {
            return Ok(found);
        }
    }
    Err(anyhow!(
        "no build script wrote `config.asm` under {}",
        builds.display()
    ))
}
