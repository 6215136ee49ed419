//! Packages whose build scripts made native libraries, and what of a link was built of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use abide::project::PackageHeaders;
use cargo_metadata::{Artifact, BuildScript};

use super::signatures::crate_of;

/// A package that links native code.
#[derive(Default)]
struct Native {
    /// Its directory, and what its build script wrote.
    directories: BTreeSet<PathBuf>,
    /// The names of its libraries: of Rust, which have the native ones within, and native.
    libraries: BTreeSet<String>,
    /// Its artifacts by their names.
    artifacts: BTreeSet<String>,
}

/// The packages of a build that link native code.
pub(super) struct Natives(Vec<Native>);

impl Natives {
    pub(super) fn of(artifacts: &[Artifact], scripts: &[BuildScript]) -> Self {
        let mut packages: BTreeMap<&str, Native> = BTreeMap::new();
        for script in scripts
            .iter()
            .filter(|script| !script.linked_libs.is_empty())
        {
            let native = packages.entry(&script.package_id.repr).or_default();
            native.directories.insert(script.out_dir.clone().into());
            let names = script
                .linked_libs
                .iter()
                .map(|library| name_of(library.as_str()));
            native.libraries.extend(names.map(str::to_owned));
        }
        for artifact in artifacts {
            let Some(native) = packages.get_mut(&*artifact.package_id.repr) else {
                continue;
            };
            if let Some(directory) = artifact.manifest_path.parent() {
                native.directories.insert(directory.into());
            }
            if !artifact.target.is_custom_build() {
                native
                    .libraries
                    .insert(artifact.target.name.replace('-', "_"));
                let names = artifact
                    .filenames
                    .iter()
                    .filter_map(|path| path.file_name());
                native.artifacts.extend(names.map(str::to_owned));
            }
        }
        Self(packages.into_values().collect())
    }

    /// The packages that files of a link were built of.
    pub(super) fn headers(&self, files: &[PathBuf]) -> Vec<PackageHeaders> {
        let packages = self.0.iter().map(|native| PackageHeaders {
            files: files
                .iter()
                .filter(|file| self.is_of(file, native))
                .cloned()
                .collect(),
            directories: native.directories.iter().cloned().collect(),
        });
        packages
            .filter(|package| !package.files.is_empty())
            .collect()
    }

    /// Whether a file was built of the package, as far as names tell: of the one that has an artifact
    /// of this name, else of any that has a library so named.
    fn is_of(&self, file: &Path, native: &Native) -> bool {
        let Some(name) = file.file_name().and_then(|name| name.to_str()) else {
            return false;
        };
        // It is numbered where it is kept.
        let name = name.find("lib").map_or(name, |at| &name[at..]);
        if self.0.iter().any(|native| native.artifacts.contains(name)) {
            return native.artifacts.contains(name);
        }
        library_of(name).is_some_and(|library| native.libraries.contains(library))
    }
}

/// The archives that build scripts made under a directory, for what they let be linked.
pub(super) fn archives(scripts: &[BuildScript], place: &Path) -> Vec<PathBuf> {
    let mut archives = BTreeSet::new();
    for script in scripts {
        let searched = script
            .linked_paths
            .iter()
            .map(|path| name_of(path.as_str()));
        let searched: Vec<&Path> = searched.map(Path::new).collect();
        for library in &script.linked_libs {
            let file = format!("lib{}.a", name_of(library.as_str()));
            let files = searched.iter().map(|directory| directory.join(&file));
            archives.extend(files.filter(|file| file.starts_with(place) && file.is_file()));
        }
    }
    archives.into_iter().collect()
}

/// `static:+whole-archive=name` names a library, and how it is linked; `native=path` a directory.
fn name_of(linked: &str) -> &str {
    linked.rsplit_once('=').map_or(linked, |(_, name)| name)
}

/// `libname-hash.rlib` is a library of Rust, `libname.a` a native one.
fn library_of(file: &str) -> Option<&str> {
    let native = file
        .strip_prefix("lib")
        .and_then(|name| name.strip_suffix(".a"));
    native.or_else(|| crate_of(Path::new(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_of_libraries() {
        assert_eq!(name_of("static:+whole-archive=add"), "add");
        assert_eq!(name_of("add"), "add");
        assert_eq!(library_of("libadd_sys-1234.rlib"), Some("add_sys"));
        assert_eq!(library_of("libadd.a"), Some("add"));
        assert_eq!(library_of("main.o"), None);
    }
}
