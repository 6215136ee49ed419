//! Files in, a report out.

mod check;
mod symbols;

use std::path::PathBuf;

use crate::inputs::link::LinkOptions;
use crate::inputs::{self, File};
use crate::rules::Levels;

pub use check::{check, check_files};
pub use symbols::symbols;

/// What is checked, and how.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The files of the link, in the linker's order.
    pub files: Vec<PathBuf>,
    /// Directories or files of Rust source, to explain findings by.
    pub sources: Vec<PathBuf>,
    /// How the files are linked.
    pub link: LinkOptions,
    /// The levels that the user chose.
    pub levels: Levels,
}

/// Why the work could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error(transparent)]
    Input(#[from] inputs::Error),
    /// Rust source could not be read.
    #[error("failed to read Rust source in `{}`", path.display())]
    Source {
        /// The path as it was given.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
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
