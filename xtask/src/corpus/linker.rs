//! Stands in for the linker of a corpus project: keeps what goes into the link, then links.
//!
//! rustc deletes its own objects after the link, and writes some libraries to a temporary
//! directory; so each input is kept (by a hard link where that can be) in the unit's directory,
//! under a name that begins with its place in the order.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

/// The variable that makes this program a linker, and tells where to keep the unit.
pub(crate) const DESTINATION: &str = "ABIDE_CORPUS_LINK";

/// The file that names the unit's files, in link order.
pub(crate) const LIST: &str = "unit.txt";

/// Where to keep the unit, if we were run as a linker.
pub(crate) fn destination() -> Option<PathBuf> {
    env::var_os(DESTINATION).map(PathBuf::from)
}

/// Keeps the inputs in `unit`, then runs the real linker.
pub(crate) fn run(unit: &Path) -> Result<ExitCode> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    keep(unit, &expand(&arguments)?)?;
    let status = Command::new("cc")
        .args(&arguments)
        .status()
        .context("failed to run cc")?;
    Ok(ExitCode::from(if status.success() { 0 } else { 1 }))
}

/// Arguments with those of response files (`@file`, one a line) in their place.
fn expand(arguments: &[OsString]) -> Result<Vec<OsString>> {
    let mut expanded = Vec::new();
    for argument in arguments {
        match argument.to_str().and_then(|text| text.strip_prefix('@')) {
            Some(file) => expanded.extend(response(Path::new(file))?),
            None => expanded.push(argument.clone()),
        }
    }
    Ok(expanded)
}

fn response(file: &Path) -> Result<Vec<OsString>> {
    let text =
        fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
    // rustc puts a backslash before each backslash and space.
    let unescape = |line: &str| line.replace("\\ ", " ").replace("\\\\", "\\");
    Ok(text.lines().map(|line| unescape(line).into()).collect())
}

fn keep(unit: &Path, arguments: &[OsString]) -> Result<()> {
    fs::create_dir_all(unit).with_context(|| format!("failed to create {}", unit.display()))?;
    let mut list = String::new();
    for (place, input) in inputs(arguments).iter().enumerate() {
        let name = input.file_name().unwrap_or(OsStr::new("input"));
        let name = format!("{place:03}-{}", name.to_string_lossy());
        keep_file(input, &unit.join(&name))?;
        list.push_str(&name);
        list.push('\n');
    }
    fs::write(unit.join(LIST), list).context("failed to write the list of the unit's files")
}

fn keep_file(input: &Path, kept: &Path) -> Result<()> {
    fs::hard_link(input, kept)
        .or_else(|_| fs::copy(input, kept).map(drop))
        .with_context(|| format!("failed to keep {}", input.display()))
}

/// The files among a linker's arguments, and the static libraries that `-l` finds, in order.
fn inputs(arguments: &[OsString]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories: Vec<PathBuf> = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        match text.as_bytes() {
            b"-o" | b"-z" => drop(arguments.next()),
            b"-L" => directories.extend(arguments.next().map(PathBuf::from)),
            [b'-', b'L', ..] => directories.push(PathBuf::from(&text[2..])),
            [b'-', b'l', ..] => found.extend(library(&text[2..], &directories)),
            [b'-', ..] => {}
            _ => found.push(PathBuf::from(argument)),
        }
    }
    found
}

/// The archive that `-lname` stands for; shared libraries are no part of the unit.
fn library(name: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    directories
        .iter()
        .map(|directory| directory.join(format!("lib{name}.a")))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs_of(line: &str) -> Vec<PathBuf> {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        inputs(&arguments)
    }

    #[test]
    fn files_are_found_in_their_order() {
        let found = inputs_of("-m64 /tmp/symbols.o main.o -Wl,--as-needed libring.rlib -lc");
        let expected = ["/tmp/symbols.o", "main.o", "libring.rlib"].map(PathBuf::from);
        assert_eq!(found, expected);
    }

    #[test]
    fn values_of_options_are_no_files() {
        assert!(inputs_of("-o program -L somewhere -z nostart -Lelse").is_empty());
    }
}
