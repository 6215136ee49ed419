//! Files in, a report out.

mod check;
mod contracts;
mod counted;
mod crossing_names;
mod crossings;
mod declarations;
pub mod linker;
mod one_root;
mod prototypes;
mod questions;
mod reporter;
mod searched;
mod strict;
mod suppressions;
mod symbols;
mod verdicts;
mod words;

use std::collections::HashSet;
use std::path::PathBuf;

use crate::contracts::{Configuration, platform_of};
use crate::conventions::Convention;
use crate::inputs::link::LinkOptions;
use crate::inputs::{self, File, Object};
use crate::rules::{Level, Levels};
use crate::signatures::Signatures;

pub use check::{Source, check, check_files};
pub use contracts::{Unit, judge_unit};
pub use crossing_names::CrossingNames;
pub use one_root::{judge_root, judge_root_as};
pub use prototypes::PackageHeaders;
pub use suppressions::Unneeded;
pub use symbols::symbols;
pub use verdicts::{Assumed, RootVerdicts, Shown, Verdict};

/// What is checked, and how.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The files of the link, in the linker's order.
    pub files: Vec<PathBuf>,
    /// Directories or files of Rust source and C headers, to explain findings by and to read
    /// declarations from.
    pub sources: Vec<PathBuf>,
    /// C headers of the packages that files of the link were built of.
    pub headers: Vec<PackageHeaders>,
    /// What is declared of functions, where it was read already.
    pub signatures: Signatures,
    /// How the files are linked.
    pub link: LinkOptions,
    /// The levels that the user chose.
    pub levels: Levels,
    /// Judge the names alone, not the contracts of roots.
    pub names_only: bool,
    /// Functions that are roots beside those that the link tells.
    pub roots: HashSet<String>,
    /// Every exported function in assembly is a root.
    pub all_exported: bool,
    /// What `abide.toml` declares.
    pub configuration: Configuration,
    /// The level of what is possible but not shown.
    pub possible: Option<Level>,
}

impl Project {
    /// The C convention of the code, as the configuration says, or as its objects are made.
    fn platform(&self, objects: &[Object]) -> &'static Convention {
        let declared = self.configuration.convention();
        declared.unwrap_or_else(|| platform_of(objects))
    }
}

/// Why the work could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error(transparent)]
    Input(#[from] inputs::Error),
    /// Source could not be read.
    #[error("failed to read source in `{}`", path.display())]
    Source {
        /// The path as it was given.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// There is assembly, and no function in it that a contract binds.
    #[error(
        "no function is bound by a contract: no compiled object refers to the assembly; name \
         roots by `--root NAME` or in `abide.toml`, take all exported functions by \
         `--all-exported`, or judge the names alone by `--names`"
    )]
    NoRoot,
    /// No code is for the instruction set and convention that are judged.
    #[error(
        "`{object}` is {target}: contracts are judged of 64-bit code for x86-64 in ELF, COFF, PE and \
         Mach-O files, and of 32-bit code in ELF and COFF; judge the names alone by `--names`"
    )]
    NotJudged {
        /// The first object with code.
        object: String,
        /// What it is made for.
        target: String,
    },
    /// A root that was named is not there.
    #[error("`{name}` is no symbol of what was given{}: `cargo abide symbols FILE…` lists them",
        nearest.as_ref().map_or_else(String::new, |name| format!("; the nearest is `{name}`")))]
    NoSuchRoot {
        /// The name.
        name: String,
        /// The nearest that there is.
        nearest: Option<String>,
    },
    /// A root that was named is there, and is no code, or is declared to be none.
    #[error(
        "`{0}` is no function of what was given: it is data, or no object defines it, or \
         `abide.toml` says so"
    )]
    NoFunction(String),
    /// All files together have no object.
    #[error("no object is in what was given: name object files, archives or linked images")]
    Empty,
}

/// Reads the files in their order.
fn open_all(paths: &[PathBuf]) -> Result<Vec<File>, Error> {
    let files: Result<Vec<_>, _> = paths.iter().map(|path| inputs::open(path)).collect();
    let files = files?;
    if files.iter().all(|file| file.objects.is_empty()) {
        return Err(Error::Empty);
    }
    Ok(files)
}
