//! Where things are: the projects in the repo, their builds outside of it.

use std::env;
use std::path::{Path, PathBuf};

/// A directory of projects under `corpus/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Set {
    /// The corpus proper: looked at, explained, mended for.
    Crates,
    /// Libraries kept unseen until the engine is frozen.
    Frozen,
    /// Releases that mended a breach, and the releases before them.
    Pairs,
    /// Kernels of others, for the handlers that their gates lead to.
    Kernels,
}

impl Set {
    /// The directory of the set's projects, one directory an entry.
    pub(crate) fn projects(self) -> PathBuf {
        repository().join("corpus").join(match self {
            Self::Crates => "crates",
            Self::Frozen => "frozen",
            Self::Pairs => "pairs",
            Self::Kernels => "kernels",
        })
    }

    /// Where the set's builds go. Those of unseen libraries lie apart, so that none is opened by
    /// accident.
    pub(crate) fn work(self) -> PathBuf {
        match self {
            Self::Crates => work(),
            Self::Frozen => work().join("frozen"),
            Self::Pairs => work().join("pairs"),
            Self::Kernels => work().join("kernels"),
        }
    }
}

/// The directory of what is expected, one file an entry.
pub(crate) fn expectations() -> PathBuf {
    repository().join("corpus/expectations")
}

/// What of the corpus assembles for Windows.
pub(crate) fn windows() -> PathBuf {
    repository().join("corpus/windows.toml")
}

/// What of the corpus assembles for 32-bit x86.
pub(crate) fn i386() -> PathBuf {
    repository().join("corpus/i386.toml")
}

/// What is asked of the pairs.
pub(crate) fn pairs() -> PathBuf {
    repository().join("corpus/pairs.toml")
}

/// `ABIDE_CORPUS_DIR`, else `target/corpus`.
pub(crate) fn work() -> PathBuf {
    env::var_os("ABIDE_CORPUS_DIR")
        .map_or_else(|| repository().join("target/corpus"), PathBuf::from)
}

fn repository() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}
