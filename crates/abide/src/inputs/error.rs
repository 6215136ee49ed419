//! What may be wrong with a file that was given.

use std::path::PathBuf;

/// Why a file could not be read. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to open or read it.
    #[error("failed to read `{}`", path.display())]
    Io {
        /// The file as it was given.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is a directory, a pipe or a device.
    #[error("`{}` is {what}: name the object files or archives themselves", path.display())]
    NotAFile {
        /// The file as it was given.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// It is a file of another kind.
    #[error("`{name}` is {what}: {help}")]
    NotAnObject {
        /// The file, or the member as `archive(member)`.
        name: String,
        /// What it seems to be instead.
        what: &'static str,
        /// What to give in its place.
        help: &'static str,
    },
    /// It begins as an object or an archive and then contradicts itself.
    #[error("`{name}` is damaged: {reason}; build it anew")]
    Damaged {
        /// The file, or the member as `archive(member)`.
        name: String,
        /// The first contradiction.
        reason: String,
    },
}

impl Error {
    pub(super) fn damaged(name: &str, reason: impl Into<String>) -> Self {
        Self::Damaged {
            name: name.to_owned(),
            reason: reason.into(),
        }
    }
}
