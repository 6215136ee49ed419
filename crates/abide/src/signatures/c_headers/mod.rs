//! C headers: what they declare of functions that cross to assembly.
//!
//! They are read as they are written, by a parser that bears what it does not understand; nobody
//! tells how a preprocessor was configured. So only that counts which all headers say alike: a
//! prototype of which each type is known, in one way, without words that may change how it is
//! called. What does not, is told.

mod conditions;
mod directives;
mod expansion;
mod library;
mod prototypes;
mod syntax;
mod types;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layout::extended;
use super::{CallConvention, Origin, Parameter, Signature, files};
use crate::inputs::SourceLine;
use library::Library;
use prototypes::{Unread, Why};
use syntax::{Prototype, Said};
use types::Names;

pub use prototypes::{Prototypes, UnreadPrototypes};
pub use types::Platform;

/// The headers of a project, and other files of C.
#[derive(Debug, Default)]
pub struct CHeaders {
    files: Vec<(Arc<str>, String)>,
}

/// All headers under a path, by name, or the one that it is. Directories of Cargo's output and hidden
/// ones are not entered.
///
/// # Errors
/// A directory cannot be read.
pub fn files_of_headers(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.is_file() && !is_header(path) {
        return Ok(Vec::new());
    }
    files::under(path, ".h", files::is_of_source)
}

/// All headers and sources in C of a Cargo package in this directory. What [`files_of_headers`] leaves out is left out,
/// and directories of other packages.
///
/// # Errors
/// A directory cannot be read.
pub fn files_of_package(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let is_own = |path: &Path| files::is_of_source(path) && !path.join("Cargo.toml").is_file();
    let mut found = files::under(directory, ".h", is_own)?;
    found.extend(files::under(directory, ".c", is_own)?);
    Ok(found)
}

/// Whether a file is a header by its name.
pub(super) fn is_header(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "h")
}

impl CHeaders {
    /// Reads all [`files_of_headers`] of a path.
    ///
    /// # Errors
    /// A file or directory cannot be read.
    pub fn read(&mut self, path: &Path) -> io::Result<()> {
        self.read_all(files_of_headers(path)?)
    }

    /// Reads all [`files_of_package`] of a directory.
    ///
    /// # Errors
    /// A file or directory cannot be read.
    pub fn read_package(&mut self, directory: &Path) -> io::Result<()> {
        self.read_all(files_of_package(directory)?)
    }

    fn read_all(&mut self, files: Vec<PathBuf>) -> io::Result<()> {
        for file in files {
            let bytes = std::fs::read(&file)?;
            self.add(&file.to_string_lossy(), &String::from_utf8_lossy(&bytes));
        }
        Ok(())
    }

    /// Adds one header; `file` stands for it in places.
    pub fn add(&mut self, file: &str, text: &str) {
        self.files.push((Arc::from(file), text.to_owned()));
    }

    /// What is declared of the functions that are wanted, as a platform reads it.
    #[must_use]
    pub fn prototypes(&self, platform: Platform, is_wanted: impl Fn(&str) -> bool) -> Prototypes {
        let plain = library::plain(&self.files, platform);
        let library = Library::new(&self.files, &plain, &is_wanted);
        let mut prototypes = Prototypes::default();
        for (at, text) in library.naming() {
            let names = |name: &str| library.types(at, name);
            for declaration in library.declarations(at) {
                let line = SourceLine {
                    file: Arc::clone(text.name()),
                    line: u32::try_from(declaration.lines.start() + 1).unwrap_or(0),
                };
                let symbol = &declaration.name;
                let own = match &declaration.said {
                    Said::TypeName(_) => continue,
                    Said::Silent => Err(Why::Silent),
                    Said::Unread(why) => Err(Why::Unread(why.clone())),
                    Said::Function(_) if text.is_cut(declaration) => Err(Why::Cut),
                    Said::Function(own) => {
                        signature(symbol, own, &line, &names, platform).map_err(Why::Unread)
                    }
                };
                prototypes.add(symbol, own.map_err(|why| Unread { line, why }));
            }
        }
        prototypes
    }
}

fn signature(
    symbol: &str,
    prototype: &Prototype,
    line: &SourceLine,
    names: &Names<'_>,
    platform: Platform,
) -> Result<Signature, String> {
    let mut parameters = Vec::new();
    for (name, ty) in &prototype.parameters {
        let ty = ty.passed(names, platform)?;
        let (extension, ty) = extended(ty.ok_or("a parameter is `void`")?);
        parameters.push(Parameter {
            name: name.clone(),
            extension,
            ..Parameter::of(ty)
        });
    }
    Ok(Signature {
        symbol: symbol.to_owned(),
        convention: CallConvention::C,
        parameters,
        result: prototype.result.passed(names, platform)?,
        variadic: prototype.variadic,
        never_returns: prototype.never_returns,
        unwinds: None,
        origin: Origin::Header,
        file: line.file.to_string(),
        line: Some(line.clone()),
    })
}
