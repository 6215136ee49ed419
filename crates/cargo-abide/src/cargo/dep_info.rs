//! What rustc read of a crate: it writes that down beside what it makes.

use std::fs;
use std::path::{Path, PathBuf};

/// The files of Rust source that a crate was made of: those that `cfg` leaves in, and those that
/// build scripts wrote. `None` if it is not written down.
pub(super) fn sources(written: &Path, crate_root: &Path) -> Option<Vec<PathBuf>> {
    let text = fs::read_to_string(written).ok()?;
    let files: Vec<PathBuf> = text.lines().filter_map(file_of).collect();
    // rustc runs in the workspace's directory, or the package's own; where that is the registry's,
    // files are told in full.
    let told = files.iter().find(|file| crate_root.ends_with(file))?;
    let depth = told.components().count();
    let base = crate_root.ancestors().nth(depth).unwrap_or(crate_root);
    let sources = files.iter().map(|file| base.join(file));
    Some(sources.filter(|file| is_rust(file)).collect())
}

/// Each file has a rule of its own without anything behind the colon, as `make` wants it.
fn file_of(line: &str) -> Option<PathBuf> {
    let file = line.strip_suffix(':')?;
    (!file.starts_with('#')).then(|| PathBuf::from(file.replace("\\ ", " ")))
}

fn is_rust(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "rs") && file.is_file()
}

#[cfg(test)]
mod tests {
    use super::file_of;
    use std::path::PathBuf;

    #[test]
    fn rules_without_anything_behind_them_name_files() {
        let file = file_of("my\\ src/main.rs:");
        assert_eq!(file, Some(PathBuf::from("my src/main.rs")));
        assert_eq!(file_of("deps/a.d: src/main.rs src/other.rs"), None);
        assert_eq!(file_of("# env-dep:CARGO_PKG_NAME:"), None);
        assert_eq!(file_of(""), None);
    }
}
