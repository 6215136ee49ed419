//! Where things are: the projects in the repo, their builds outside of it.

use std::env;
use std::path::{Path, PathBuf};

/// Which projects are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Set {
    /// The corpus proper: looked at, explained, mended for.
    Corpus,
    /// Kept unseen until the engine is frozen.
    Frozen,
}

/// The directory of the set's projects, one directory an entry.
pub(crate) fn projects(set: Set) -> PathBuf {
    repository().join("corpus").join(match set {
        Set::Corpus => "crates",
        Set::Frozen => "frozen",
    })
}

/// The directory of what is expected, one file an entry.
pub(crate) fn expectations() -> PathBuf {
    repository().join("corpus/expectations")
}

/// Where builds go: `ABIDE_CORPUS_DIR`, else `target/corpus`.
pub(crate) fn work() -> PathBuf {
    env::var_os("ABIDE_CORPUS_DIR")
        .map_or_else(|| repository().join("target/corpus"), PathBuf::from)
}

fn repository() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}
