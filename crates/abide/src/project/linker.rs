//! The inputs of a link, from the linker's own arguments.
//!
//! A program that stands in for the linker sees exactly what goes into a link, in order. rustc
//! deletes its own objects afterwards and writes some libraries to a temporary directory, so each
//! input is kept (by a hard link where that can be) under a name that begins with its place in the
//! order.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file that names the files of a kept link, in link order.
pub const LIST: &str = "unit.txt";

/// The inputs of one link.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The files among the arguments, and the static libraries that `-l` finds, in order.
    pub inputs: Vec<PathBuf>,
    /// What is made.
    pub output: Option<PathBuf>,
}

/// Reads a linker's arguments, those of response files (`@file`, one a line) in their place.
///
/// # Errors
/// A response file could not be read.
pub fn link(arguments: &[OsString]) -> io::Result<Link> {
    Ok(read(&expand(arguments)?))
}

/// Keeps the inputs of a link in a directory, and lists them there in [`LIST`].
///
/// # Errors
/// The directory or a file in it could not be written, or an input could not be read.
pub fn keep(link: &Link, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut list = String::new();
    for (place, input) in link.inputs.iter().enumerate() {
        let name = input.file_name().unwrap_or(OsStr::new("input"));
        let name = format!("{place:03}-{}", name.to_string_lossy());
        keep_file(input, &directory.join(&name))?;
        list.push_str(&name);
        list.push('\n');
    }
    fs::write(directory.join(LIST), list)
}

/// The files of a kept link, in link order.
///
/// # Errors
/// The list could not be read: no link was kept there.
pub fn kept(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let names = fs::read_to_string(directory.join(LIST))?;
    Ok(names.lines().map(|name| directory.join(name)).collect())
}

fn expand(arguments: &[OsString]) -> io::Result<Vec<OsString>> {
    let mut expanded = Vec::new();
    for argument in arguments {
        match argument.to_str().and_then(|text| text.strip_prefix('@')) {
            Some(file) => expanded.extend(response(Path::new(file))?),
            None => expanded.push(argument.clone()),
        }
    }
    Ok(expanded)
}

fn response(file: &Path) -> io::Result<Vec<OsString>> {
    let text = fs::read_to_string(file)?;
    // rustc puts a backslash before each backslash and space.
    let unescape = |line: &str| line.replace("\\ ", " ").replace("\\\\", "\\");
    Ok(text.lines().map(|line| unescape(line).into()).collect())
}

fn keep_file(input: &Path, kept: &Path) -> io::Result<()> {
    // What stands there is of an older link.
    let _ = fs::remove_file(kept);
    fs::hard_link(input, kept).or_else(|_| fs::copy(input, kept).map(drop))
}

fn read(arguments: &[OsString]) -> Link {
    let mut link = Link::default();
    let directories = directories(arguments);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        match text.as_bytes() {
            b"-o" => link.output = arguments.next().map(PathBuf::from),
            b"-z" | b"-L" => drop(arguments.next()),
            [b'-', b'l', ..] => link.inputs.extend(library(&text[2..], &directories)),
            [b'-', ..] => {}
            _ => link.inputs.push(PathBuf::from(argument)),
        }
    }
    link
}

/// Where libraries are searched: all of these, also for those that are named before (`-L` of ld(1)).
fn directories(arguments: &[OsString]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        match text.strip_prefix("-L") {
            Some("") => found.extend(arguments.next().map(PathBuf::from)),
            Some(directory) => found.push(PathBuf::from(directory)),
            None => {}
        }
    }
    found
}

/// The archive that `-lname` stands for; shared libraries are no part of the link unit.
fn library(name: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    directories
        .iter()
        .map(|directory| directory.join(format!("lib{name}.a")))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link_of(line: &str) -> Link {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        read(&arguments)
    }

    #[test]
    fn files_are_found_in_their_order() {
        let found = link_of("-m64 /tmp/symbols.o main.o -Wl,--as-needed libring.rlib -lc");
        let expected = ["/tmp/symbols.o", "main.o", "libring.rlib"].map(PathBuf::from);
        assert_eq!(found.inputs, expected);
    }

    #[test]
    fn values_of_options_are_no_files() {
        let found = link_of("-o program -L somewhere -z nostart -Lelse");
        assert!(found.inputs.is_empty());
        assert_eq!(found.output, Some(PathBuf::from("program")));
    }
}
