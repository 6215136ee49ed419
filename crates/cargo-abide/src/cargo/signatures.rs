//! What functions are declared as, from a second build that makes LLVM IR of Rust, and debug information
//! of C.
//!
//! It is `cargo check` with two things more: what is checked is emitted as IR too, without being
//! optimised, since that takes declarations away; and what build scripts compile is compiled with
//! `-g`. It goes to a directory of its own, so that `target` stays as it is.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use abide::inputs;
use abide::project::CrossingNames;
use abide::signatures::{Signatures, SymbolNames};
use anyhow::{Context as _, Result, bail};
use cargo_metadata::Artifact;

use super::{Build, Made, cargo, configured, dep_info, made, native, stand_in, user_wrapper};
use crate::progress;

/// The variables for flags of C and C++ that all build scripts of them know, and what they run.
const FLAGS: [&str; 2] = ["CFLAGS", "CXXFLAGS"];

/// Cargo's variable for a program that is run in rustc's place, for all packages.
const WRAPPER: &str = "RUSTC_WRAPPER";

/// What the second build told.
#[derive(Default)]
pub(crate) struct Told {
    /// The signatures.
    pub(crate) signatures: Signatures,
    /// The source of the crates that declare them.
    pub(crate) sources: Vec<PathBuf>,
}

/// What the second build made.
pub(crate) struct Emitted {
    /// The IR of each crate.
    pub(crate) crates: Vec<EmittedCrate>,
    /// The native libraries of build scripts.
    pub(crate) archives: Vec<PathBuf>,
}

impl Emitted {
    /// All files that declarations are read from.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let ir = self.crates.iter().map(|emitted| &emitted.ir);
        ir.chain(&self.archives)
    }
}

/// The IR of one crate.
pub(crate) struct EmittedCrate {
    /// The crate's name.
    name: String,
    /// The file.
    ir: PathBuf,
    /// The crate's source: files, or the directory that has them.
    pub(crate) sources: Vec<PathBuf>,
}

/// Lets the packages' IR be written, under this directory; what is fresh stays.
pub(crate) fn emit(build: &Build, place: &Path) -> Result<Emitted> {
    let place = place.join("signatures");
    let made = check(build, &place)?;
    let crates = made.artifacts.iter().filter_map(|artifact| {
        let ir = ir_of(artifact)?;
        let crate_root = artifact.target.src_path.as_std_path();
        let sources = dep_info::sources(&ir.with_extension("d"), crate_root);
        let directory = || {
            crate_root
                .parent()
                .map(|directory| vec![directory.to_owned()])
        };
        Some(EmittedCrate {
            name: artifact.target.name.replace('-', "_"),
            sources: sources.or_else(directory)?,
            ir,
        })
    });
    Ok(Emitted {
        crates: crates.collect(),
        archives: native::archives(&made.scripts, &place),
    })
}

/// What IR and debug information say of these symbols.
pub(crate) fn read(emitted: &Emitted, symbols: &CrossingNames) -> Result<Told> {
    let mut told = Told::default();
    let mut sources = BTreeSet::new();
    let wanted = SymbolNames::new(symbols.all.iter().cloned());
    for emitted in &emitted.crates {
        let ir = &emitted.ir;
        let read = told.signatures.read_of(ir, &wanted);
        if read.with_context(|| format!("failed to read `{}`", ir.display()))? {
            sources.extend(&emitted.sources);
        }
    }
    // Who is linked with the assembly declares it, though only others may call it.
    let homes = symbols.homes.iter().filter(|(_, names)| {
        let mut names = names.iter();
        names.any(|name| !told.signatures.of(name).is_empty())
    });
    let homes: BTreeSet<_> = homes.filter_map(|(file, _)| crate_of(file)).collect();
    let at_home = emitted
        .crates
        .iter()
        .filter(|emitted| homes.contains(&*emitted.name));
    sources.extend(at_home.flat_map(|emitted| &emitted.sources));
    told.sources.extend(sources.into_iter().cloned());
    for archive in &emitted.archives {
        let objects = inputs::read(archive);
        let objects = objects.with_context(|| format!("failed to read `{}`", archive.display()))?;
        told.signatures.add_debug_info_of(&objects, &wanted);
    }
    Ok(told)
}

/// The crate that an rlib is of: `libname-hash.rlib`, numbered where it is kept.
pub(super) fn crate_of(file: &Path) -> Option<&str> {
    let name = file.file_name()?.to_str()?.strip_suffix(".rlib")?;
    let (_, name) = name.split_once("lib")?;
    let (name, _) = name.rsplit_once('-')?;
    Some(name)
}

fn check(build: &Build, place: &Path) -> Result<Made> {
    let ourselves = env::current_exe().context("failed to find our own program")?;
    let mut command = Command::new(cargo());
    command.arg("check");
    match progress::is_shown() {
        true => progress::tell("Declaring", "what functions are, by a build of LLVM IR"),
        false => drop(command.arg("--quiet")),
    }
    command
        .args(build.of_check())
        .arg("--target-dir")
        .arg(place)
        .env(WRAPPER, ourselves)
        .envs(FLAGS.map(|name| (name, with_debug_info(configured::variable(name)))))
        .env(stand_in::SIGNATURES, "1");
    let variables = [WRAPPER, "CARGO_BUILD_RUSTC_WRAPPER"];
    if let Some(inner) = user_wrapper(variables, "rustc-wrapper") {
        command.env(stand_in::INNER, inner);
    }
    let made = made(&mut command)?;
    if !made.is_success {
        bail!("the build of LLVM IR failed: mend what Cargo says above");
    }
    Ok(made)
}

/// The user's own flags, with debug information: it says what functions are declared as.
fn with_debug_info(flags: Option<OsString>) -> OsString {
    let mut flags = flags.unwrap_or_default();
    if !flags.is_empty() {
        flags.push(" ");
    }
    flags.push("-g");
    flags
}

/// The IR beside an artifact's metadata: `libname-hash.rmeta`, `name-hash.ll`.
fn ir_of(artifact: &Artifact) -> Option<PathBuf> {
    let is_metadata =
        |path: &&cargo_metadata::camino::Utf8PathBuf| path.extension() == Some("rmeta");
    let metadata = artifact.filenames.iter().find(is_metadata)?;
    let name = metadata.file_stem()?.strip_prefix("lib")?;
    let ir = metadata.with_file_name(format!("{name}.ll"));
    ir.as_std_path().is_file().then(|| ir.into_std_path_buf())
}

/// rustc's arguments, with IR beside what is only checked; others stay as they are.
pub(super) fn with_ir(arguments: Vec<OsString>) -> Vec<OsString> {
    let mut emits = false;
    let mut arguments: Vec<OsString> = arguments
        .into_iter()
        .map(|argument| {
            let text = argument.to_string_lossy();
            let kinds = text.strip_prefix("--emit=").unwrap_or_default();
            let is_check = kinds.split(',').any(|kind| kind == "metadata")
                && !kinds.split(',').any(|kind| kind == "link");
            if !is_check {
                return argument;
            }
            emits = true;
            let mut more = argument.clone();
            more.push(",llvm-ir");
            more
        })
        .collect();
    if emits {
        // What depends on the level of optimisation stays as the profile has it.
        let sets = |name: &str| stand_in::codegen(&arguments, name).is_some();
        let is_optimised = stand_in::codegen(&arguments, "opt-level").is_some_and(|l| l != "0");
        // Several codegen units would make as many files, each named otherwise.
        let mut options = vec!["opt-level=0", "debuginfo=0", "codegen-units=1"];
        if is_optimised && !sets("debug-assertions") {
            options.push("debug-assertions=off");
        }
        for option in options {
            arguments.extend(["-C".into(), option.into()]);
        }
    }
    arguments
}
