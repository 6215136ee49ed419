//! C headers: what they declare of functions that cross to assembly.
//!
//! They are read as they are written, by a parser that bears what it does not understand; nobody
//! tells how a preprocessor was configured. So only that counts which all headers say alike: a
//! prototype of which each type is known, in one way, without words that may change how it is
//! called. What does not, is told.

mod directives;
mod syntax;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layout::extended;
use super::{CallConvention, Origin, Parameter, Signature, files};
use crate::inputs::SourceLine;
use directives::{Plain, is_of_name};
use syntax::{Declaration, Prototype, Said};
use types::{Names, Written};

pub use types::Widths;

/// How many times names are put in place of others that stand for them.
const DEEPEST: u32 = 8;
/// By how many bytes a text may grow so.
const MOST_GROWTH: usize = 1 << 20;

/// The headers of a project.
#[derive(Debug, Default)]
pub struct CHeaders {
    files: Vec<(Arc<str>, Plain)>,
}

/// One prototype, or why it does not count, with its place.
type One = (SourceLine, Result<Prototype, String>);

/// What headers declare of some functions.
#[derive(Debug, Default)]
pub struct Prototypes {
    /// What is known of each, with its place.
    pub signatures: Vec<Signature>,
    /// What is declared and does not count, each a sentence.
    pub unread: Vec<String>,
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
        for file in files_of_headers(path)? {
            let bytes = std::fs::read(&file)?;
            self.add(&file.to_string_lossy(), &String::from_utf8_lossy(&bytes));
        }
        Ok(())
    }

    /// Adds one header; `file` stands for it in places.
    pub fn add(&mut self, file: &str, text: &str) {
        self.files.push((Arc::from(file), Plain::of(text)));
    }

    /// What is declared of the functions that are wanted, where integers have these widths.
    #[must_use]
    pub fn prototypes(&self, widths: Widths, is_wanted: impl Fn(&str) -> bool) -> Prototypes {
        let macros = self.macros();
        let mut names = Names::new();
        let mut said: BTreeMap<String, Vec<One>> = BTreeMap::new();
        for (file, plain) in &self.files {
            let text = expand(&plain.text, &macros);
            for declaration in syntax::read(&text, &is_wanted) {
                let goes_across = plain.conditions.range(declaration.lines.clone()).next();
                let Declaration {
                    name,
                    said: what,
                    lines,
                } = declaration;
                let line = SourceLine {
                    file: Arc::clone(file),
                    line: u32::try_from(lines.start() + 1).unwrap_or(0),
                };
                let across = || Err("a condition of the preprocessor goes through it".to_owned());
                let one = match what {
                    Said::TypeName(ty) => {
                        let is_sure = plain.uncertain.range(lines).next().is_none();
                        let ty = match is_sure && goes_across.is_none() {
                            true => ty,
                            false => Written::Conditional(name.clone()),
                        };
                        names.entry(name).or_default().insert(ty);
                        continue;
                    }
                    Said::Function(_) if goes_across.is_some() => across(),
                    Said::Function(prototype) => Ok(prototype),
                    Said::Unread(why) => Err(why),
                };
                said.entry(name).or_default().push((line, one));
            }
        }
        let mut prototypes = Prototypes::default();
        for (symbol, all) in said {
            prototypes.take(&symbol, all, &names, widths);
        }
        prototypes
    }

    /// What names stand for, where that is one thing in all headers, and such that it may stand in a
    /// declaration: attributes that change nothing, a type, another name.
    fn macros(&self) -> BTreeMap<&str, &str> {
        let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, bodies) in self.files.iter().flat_map(|(_, plain)| &plain.macros) {
            let bodies = bodies.iter().map(String::as_str);
            all.entry(name).or_default().extend(bodies);
        }
        let plain = all.into_iter().filter_map(|(name, bodies)| {
            if bodies.iter().all(|body| syntax::is_harmless(body)) {
                return Some((name, ""));
            }
            let is_named =
                |body: &&str| body.chars().all(|c| is_of_name(c) || c == ' ' || c == '*');
            let mut files = self.files.iter();
            if files.any(|(_, plain)| plain.uncertain_macros.contains(name)) {
                return None;
            }
            let mut bodies = bodies.into_iter();
            let body = bodies.next().filter(is_named)?;
            bodies.next().is_none().then_some((name, body))
        });
        plain.collect()
    }
}

impl Prototypes {
    fn take(&mut self, symbol: &str, all: Vec<One>, names: &Names, widths: Widths) {
        let mut known: Option<Signature> = None;
        for (line, one) in all {
            let (file, number) = (Arc::clone(&line.file), line.line);
            let signature = one.and_then(|one| signature(symbol, one, line, names, widths));
            let why = match (signature, &known) {
                (Ok(own), None) => {
                    known = Some(own);
                    continue;
                }
                (Ok(own), Some(known)) if own.agrees(known) => continue,
                (Ok(_), Some(_)) => "others say something else".to_owned(),
                (Err(why), _) => why,
            };
            self.unread.push(format!(
                "`{symbol}` is not held to its prototype at `{file}:{number}`: {why}"
            ));
            return;
        }
        self.signatures.extend(known);
    }
}

fn signature(
    symbol: &str,
    prototype: Prototype,
    line: SourceLine,
    names: &Names,
    widths: Widths,
) -> Result<Signature, String> {
    let mut parameters = Vec::new();
    for (name, ty) in prototype.parameters {
        let ty = ty.passed(names, widths)?;
        let (extension, ty) = extended(ty.ok_or("a parameter is `void`")?);
        parameters.push(Parameter {
            name,
            extension,
            ..Parameter::of(ty)
        });
    }
    Ok(Signature {
        symbol: symbol.to_owned(),
        convention: CallConvention::C,
        parameters,
        result: prototype.result.passed(names, widths)?,
        variadic: prototype.variadic,
        never_returns: prototype.never_returns,
        unwinds: None,
        origin: Origin::Header,
        file: line.file.to_string(),
        line: Some(line),
    })
}

/// The text with what names stand for in their places, on the same lines.
fn expand(original: &str, macros: &BTreeMap<&str, &str>) -> String {
    let mut text = original.to_owned();
    for _ in 0..DEEPEST {
        let mut out = String::with_capacity(text.len());
        let mut is_other = false;
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            let by = macros.get(word).copied().filter(|by| *by != word);
            is_other |= by.is_some();
            out.push_str(by.unwrap_or(word));
            let mut behind = behind.chars();
            out.extend(behind.next());
            rest = behind.as_str();
        }
        // Names that stand for several, over and over, are no prototype's.
        if out.len() > original.len() + MOST_GROWTH {
            return original.to_owned();
        }
        text = out;
        if !is_other {
            break;
        }
    }
    text
}
