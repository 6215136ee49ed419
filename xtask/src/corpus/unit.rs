//! A link unit, read back from its directory.

use std::path::{Path, PathBuf};

use abide::inputs::{File, Language, Object, open};
use abide::project::linker;
use anyhow::{Context as _, Result};

/// The files of one link, in order.
///
/// Every member of every archive takes part, where a linker takes only what is needed: three lines
/// of Rust do not call all of a library, and its assembly is to be covered whole.
pub(crate) struct LinkUnit {
    /// The files, in link order.
    pub(crate) files: Vec<File>,
}

impl LinkUnit {
    /// Reads the unit in `directory`.
    pub(crate) fn read(directory: &Path) -> Result<Self> {
        let open = |path: PathBuf| {
            open(&path).with_context(|| format!("failed to read {}", path.display()))
        };
        let files = paths(directory)?.into_iter().map(open);
        Ok(Self {
            files: files.collect::<Result<_>>()?,
        })
    }

    /// All objects, in link order.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.files.iter().flat_map(|file| &file.objects)
    }

    /// The objects that an assembler made; `global_asm!` stands in Rust's own.
    pub(crate) fn assembled(&self) -> impl Iterator<Item = &Object> {
        self.objects()
            .filter(|object| object.language == Language::Assembly)
    }
}

/// The unit's files, in link order.
pub(crate) fn paths(directory: &Path) -> Result<Vec<PathBuf>> {
    linker::kept(directory)
        .with_context(|| format!("nothing is kept in {}: build it first", directory.display()))
}
