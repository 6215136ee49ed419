//! Files of one kind under a path.

use std::io;
use std::path::{Path, PathBuf};

/// Whether a directory is entered in the search of source: neither a hidden one nor Cargo's output.
pub(super) fn is_of_source(directory: &Path) -> bool {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    name != "target" && !name.starts_with('.')
}

/// All files under a path whose names end so, by name, or the one that it is. Only directories
/// are entered of which `enters` holds, and no symbolic links to directories.
///
/// # Errors
/// A directory cannot be read.
pub(super) fn under(
    path: &Path,
    ending: &str,
    enters: fn(&Path) -> bool,
) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !path.is_dir() {
        found.push(path.to_owned());
        return Ok(found);
    }
    let entries: io::Result<Vec<_>> = std::fs::read_dir(path)?.collect();
    let mut entries = entries?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if enters(&path) {
                found.extend(under(&path, ending, enters)?);
            }
        } else if name.ends_with(ending) && path.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}
