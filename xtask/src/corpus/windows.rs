//! The corpus for Windows: what its crates' assembly is there, held to Microsoft's convention.
//!
//! Nothing is linked: the objects that build scripts make for Windows are made here, or stand in the
//! crate. Roots are those that the entry has on Linux, by their names.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use abide::inputs::{self, Image, Object};
use abide::project::{self, Project};
use abide::signatures::Signatures;
use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;

use super::Unit;
use super::entry::Entry;
use super::expectations::Expectations;
use super::measure::Row;
use super::outcome::Outcome;
use super::place;

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
    /// Objects that the crate ships.
    #[serde(default)]
    objects: Vec<String>,
}

/// Assembles what is missing, and measures each of the entries that has something for Windows.
pub(crate) fn rows(entries: &[Entry]) -> Result<(Vec<Row>, Vec<String>)> {
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for source in &sources()? {
        let Some(entry) = entries.iter().find(|entry| entry.name == source.entry) else {
            continue;
        };
        match row(entry, source) {
            Ok(row) => rows.push(row),
            Err(error) => failures.push(format!("{}: {error:#}", entry.name)),
        }
    }
    Ok((rows, failures))
}

/// Assembles what is missing, and reads it.
pub(super) fn units(entries: &[Entry]) -> Result<Vec<Unit>> {
    let mut units = Vec::new();
    for source in &sources()? {
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

fn sources() -> Result<Vec<Source>> {
    let path = place::windows();
    let text =
        fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let list: List = toml::from_str(&text)
        .with_context(|| format!("failed to understand {}", path.display()))?;
    Ok(list.crates)
}

fn row(entry: &Entry, source: &Source) -> Result<Row> {
    let files = source.files(entry)?;
    list_for_runner(entry, &files)?;
    let start = Instant::now();
    let Unit { objects, roots, .. } = unit(entry, &files)?;
    // All of it was assembled, whatever traces tell.
    let sections = objects.iter().flat_map(|object| &object.sections);
    let code = sections.filter(|section| section.flags.execute);
    let size = code.map(|section| section.size).sum();
    let count = roots.len();
    let project = Project {
        roots,
        ..Project::default()
    };
    let unit = project::judge_unit(Image::new(objects), &project, &Signatures::default())?;
    let outcome = Outcome::of(&unit, start.elapsed());
    let expected = Expectations::of(&format!("windows/{}", entry.name))?;
    Ok(Row {
        name: entry.name.clone(),
        version: entry.version.clone(),
        size,
        from_rust: count,
        from_c: 0,
        not_referred_to: 0,
        of_unknown_language: 0,
        complaints: expected.complaints(&outcome),
        outcome: Some(outcome),
        objdump: None,
    })
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
pub(crate) fn one(entry: &Entry, source: &str) -> Result<Vec<PathBuf>> {
    let source = Source {
        entry: entry.name.clone(),
        package: None,
        sources: vec![source.to_owned()],
        except: Vec::new(),
        flags: Vec::new(),
        objects: Vec::new(),
    };
    source.files(entry)
}

/// The roots that the entry has on Linux, as far as they are defined here.
fn roots(entry: &Entry, objects: &[Object]) -> Result<HashSet<String>> {
    let path = entry.work.join("roots.txt");
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "failed to read {}, which `cargo xtask corpus` writes",
            path.display()
        )
    })?;
    let symbols = objects.iter().flat_map(|object| &object.symbols);
    let defined: HashSet<&str> = symbols
        .filter(|symbol| inputs::link::is_definition(symbol))
        .map(|symbol| symbol.name.as_str())
        .collect();
    let names = text
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1));
    let names = names.filter(|name| defined.contains(name));
    Ok(names.map(str::to_owned).collect())
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
        let except: HashSet<PathBuf> = self.except.iter().map(|e| directory.join(e)).collect();
        for pattern in &self.sources {
            let sources = matching(&directory, pattern)?;
            for source in sources.iter().filter(|source| !except.contains(*source)) {
                files.push(self.assemble(entry, &directory, source)?);
            }
        }
        if files.is_empty() {
            bail!("nothing in {} fits", directory.display());
        }
        Ok(files)
    }

    fn assemble(&self, entry: &Entry, directory: &Path, source: &Path) -> Result<PathBuf> {
        let to = entry.work.join("windows");
        fs::create_dir_all(&to).with_context(|| format!("failed to make {}", to.display()))?;
        // Files of different directories may have one name.
        let path = source.strip_prefix(directory).unwrap_or(source);
        let name = path.to_string_lossy().replace('/', "-");
        let object = to.join(name).with_extension("obj");
        if object.is_file() {
            return Ok(object);
        }
        let out = match self.flags.iter().any(|flag| flag.contains("{out}")) {
            true => written_by_build(entry)?,
            false => PathBuf::new(),
        };
        let flags = self.flags.iter().map(|flag| {
            let flag = flag.replace("{crate}", &directory.to_string_lossy());
            flag.replace("{out}", &out.to_string_lossy())
        });
        let is_nasm = source.extension().is_some_and(|ending| ending == "asm");
        if is_nasm {
            let mut nasm = Command::new("nasm");
            nasm.args(["-f", "win64"]).args(flags);
            succeed(nasm.arg("-o").arg(&object).arg(source))?;
        } else {
            let plain = object.with_extension("s");
            let mut cc = Command::new("cc");
            cc.args(["-E", "-x", "assembler-with-cpp"]).args(flags);
            succeed(cc.arg("-o").arg(&plain).arg(source))?;
            let mut assembler = Command::new("llvm-mc");
            assembler.args(["-triple=x86_64-pc-windows-gnu", "-filetype=obj"]);
            succeed(assembler.arg("-o").arg(&object).arg(&plain))?;
        }
        Ok(object)
    }
}

pub(super) fn succeed(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("failed to run {command:?}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("{command:?} failed: {said}")
}

/// The directory of a package that a project depends on, as Cargo tells it.
pub(super) fn directory(entry: &Entry, package: &str) -> Result<PathBuf> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--manifest-path"])
        .arg(entry.project.join("Cargo.toml"))
        .output()
        .context("failed to run `cargo metadata`")?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
        .context("failed to understand what `cargo metadata` prints")?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let found = packages.find(|found| found["name"] == package);
    let path = found.and_then(|found| found["manifest_path"].as_str());
    let path = path.and_then(|path| Path::new(path).parent());
    path.map(Path::to_owned)
        .ok_or_else(|| anyhow!("`cargo metadata` does not name {package}"))
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

/// The files that fit a pattern, by name.
pub(super) fn matching(directory: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let (folder, name) = pattern.rsplit_once('/').unwrap_or((".", pattern));
    let (before, after) = name.split_once('*').unwrap_or((name, ""));
    let mut files = list(&directory.join(folder))?;
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let rest = name.strip_prefix(before);
        rest.is_some_and(|rest| rest.ends_with(after))
    });
    Ok(files)
}

fn list(directory: &Path) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(directory);
    let mut files = listing
        .and_then(|listing| {
            listing
                .map(|item| Ok(item?.path()))
                .collect::<Result<Vec<_>, _>>()
        })
        .with_context(|| format!("failed to list {}", directory.display()))?;
    files.sort();
    Ok(files)
}
