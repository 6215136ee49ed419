//! What crates ship for other systems than this one: found, listed and made here, and not linked.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::debian;
use super::entry::Entry;

/// A file that the crate's build script or its library's `configure` would write.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    name: String,
    text: String,
}

impl Written {
    /// Whether m4 reads it, and so expands what includes it.
    pub(super) fn is_for_m4(&self) -> bool {
        self.name.ends_with(".m4")
    }

    /// Writes it to that directory.
    pub(super) fn write(&self, directory: &Path) -> Result<()> {
        let path = directory.join(&self.name);
        fs::create_dir_all(path.parent().unwrap_or(directory))
            .and_then(|()| fs::write(&path, &self.text))
            .with_context(|| format!("failed to write {}", path.display()))
    }
}

/// Reads a list of what is checked.
pub(super) fn read_list<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("failed to understand {}", path.display()))
}

/// The roots that an entry has on Linux, each behind the language that refers to it.
pub(super) fn roots_on_linux(entry: &Entry) -> Result<Vec<(String, String)>> {
    let path = entry.work.join("roots.txt");
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "failed to read {}, which `cargo xtask corpus` writes",
            path.display()
        )
    })?;
    let roots = text.lines().filter_map(|line| line.split_once(' '));
    Ok(roots
        .map(|(language, name)| (language.to_owned(), name.to_owned()))
        .collect())
}

/// The files of a directory that fit one of these patterns, but for these.
pub(super) fn fitting(
    directory: &Path,
    patterns: &[String],
    except: &[String],
) -> Result<Vec<PathBuf>> {
    let except: HashSet<PathBuf> = except.iter().map(|path| directory.join(path)).collect();
    let mut files = Vec::new();
    for pattern in patterns {
        files.extend(matching(directory, pattern)?);
    }
    files.retain(|file| !except.contains(file));
    Ok(files)
}

/// A name for what is made of a source: files of different directories may have one name.
pub(super) fn flat_name(directory: &Path, source: &Path) -> String {
    let path = source.strip_prefix(directory).unwrap_or(source);
    path.to_string_lossy().replace('/', "-")
}

/// What m4 makes of a file, as the library's build calls it: in a directory beside `config.m4`, with these
/// arguments before the file. Parts are found from whichever directory above the file has them.
pub(super) fn expanded_by_m4(
    directory: &Path,
    source: &Path,
    object: &Path,
    flags: impl Iterator<Item = String>,
) -> Result<PathBuf> {
    let plain = object.with_extension("s");
    let within = object.with_file_name("mpn");
    fs::create_dir_all(&within).with_context(|| format!("failed to make {}", within.display()))?;
    let mut m4 = Command::new("m4");
    for above in source.ancestors().skip(1) {
        m4.arg("-I").arg(above);
        if above == directory {
            break;
        }
    }
    let expanded = m4.args(flags).arg(source).current_dir(within).output();
    let expanded = expanded.context("failed to run `m4`")?;
    if !expanded.status.success() {
        let said = String::from_utf8_lossy(&expanded.stderr);
        bail!("{m4:?} failed: {said}");
    }
    fs::write(&plain, expanded.stdout)
        .with_context(|| format!("failed to write {}", plain.display()))?;
    Ok(plain)
}

pub(super) fn succeed(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("failed to run {command:?}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("{command:?} failed: {said}")
}

/// The directory of a package that a project depends on, as Cargo tells it, or of the source that it
/// builds.
pub(crate) fn directory(entry: &Entry, package: &str) -> Result<PathBuf> {
    if let Some(named) = &entry.debian {
        return debian::source(entry, named);
    }
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--manifest-path"])
        .arg(entry.project.join("Cargo.toml"))
        .output()
        .context("failed to run `cargo metadata`")?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
        .context("failed to understand what `cargo metadata` prints")?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let found = packages.find(|found| found["name"] == package);
    let path = found.and_then(|found| found["manifest_path"].as_str());
    let path = path.and_then(|path| Path::new(path).parent());
    path.map(Path::to_owned)
        .ok_or_else(|| anyhow!("`cargo metadata` does not name {package}"))
}

/// The one directory of an archive that a crate ships, unpacked where it is not yet.
pub(super) fn unpacked(entry: &Entry, archive: &Path) -> Result<PathBuf> {
    let to = entry.work.join("unpacked");
    if !to.is_dir() {
        let beside = entry.work.join("unpacking");
        fs::create_dir_all(&beside)
            .with_context(|| format!("failed to make {}", beside.display()))?;
        succeed(
            Command::new("tar")
                .arg("-xf")
                .arg(archive)
                .arg("-C")
                .arg(&beside),
        )?;
        fs::rename(&beside, &to).with_context(|| format!("failed to make {}", to.display()))?;
    }
    let mut inside = list(&to)?;
    match inside.len() {
        1 => Ok(inside.remove(0)),
        number => bail!("{} has {number} directories", archive.display()),
    }
}

/// The files that fit a pattern, by name. One part of its path may have a `*`, or else the last begins
/// the names.
pub(super) fn matching(directory: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let star = pattern.find('*').unwrap_or(pattern.len());
    let named_at = pattern[..star].rfind('/').map_or(0, |slash| slash + 1);
    let (folder, rest) = pattern.split_at(named_at);
    let (name, below) = rest.split_once('/').unwrap_or((rest, ""));
    let (before, after) = name.split_once('*').unwrap_or((name, ""));
    let mut files = list(&directory.join(folder))?;
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let rest = name.strip_prefix(before);
        rest.is_some_and(|rest| rest.ends_with(after))
    });
    if !below.is_empty() {
        files = files.iter().map(|file| file.join(below)).collect();
        files.retain(|file| file.exists());
    }
    Ok(files)
}

pub(super) fn list(directory: &Path) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(directory);
    let mut files = listing
        .and_then(|listing| {
            listing
                .map(|item| Ok(item?.path()))
                .collect::<Result<Vec<_>, _>>()
        })
        .with_context(|| format!("failed to list {}", directory.display()))?;
    files.sort();
    Ok(files)
}
