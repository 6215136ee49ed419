//! Reports that are kept until something changes that they were made of.
//!
//! No time stamp is believed: all that a report is made of is hashed, every time. That is this
//! program itself, the command line, the configuration, each object of each link, its C headers, the IR
//! and the source. A report that is shown again is what a new run would say.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use abide::inputs::Commented;
use abide::report::Report;
use abide::signatures::{self, c_headers, rust_source};
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::arguments::{Check, Colour, ReportFormat};
use crate::cargo::{Emitted, Unit};
use crate::check;

/// What reports were made of, and the reports.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    /// All that is known before anything is decided.
    pub(crate) asked: Digest,
    /// Where declarations were read; `None` if nothing crosses the boundary.
    pub(crate) declared: Option<Declared>,
    /// Source in assembly, and what it suppresses.
    pub(crate) commented: Vec<Commented>,
    /// One for each link.
    pub(crate) reports: Vec<Report>,
}

/// Where declarations were read.
#[derive(Serialize, Deserialize)]
pub(crate) struct Declared {
    /// The IR of all crates, and native libraries.
    pub(crate) ir: Digest,
    /// The files of source, or directories that have them.
    pub(crate) sources: Vec<PathBuf>,
    /// What was in them.
    pub(crate) source: Digest,
}

/// A hash of several things, in hexadecimal.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digest(String);

/// What was asked: by which program, with which words, of which files.
pub(crate) fn asked(arguments: &Check, units: &[Unit]) -> Result<Digest> {
    let mut hasher = Hasher::default();
    let ourselves = std::env::current_exe().context("failed to find our own program")?;
    hasher.file(&ourselves)?;
    hasher.add(words(arguments)?.as_bytes());
    hasher.files(check::configuration_file(arguments))?;
    hasher.files(arguments.script.as_deref())?;
    for path in &arguments.signatures {
        hasher.files(signatures::files_of_ir(path).with_context(|| failed(path))?)?;
    }
    hasher.add(source(&arguments.source)?.0.as_bytes());
    for unit in units {
        hasher.add(unit.name.as_bytes());
        hasher.add(&[u8::from(unit.is_library)]);
        hasher.files(&unit.files)?;
        hasher.files(headers(unit)?)?;
    }
    Ok(hasher.finish())
}

/// The C headers that speak of a link.
pub(crate) fn headers(unit: &Unit) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for directory in unit.headers.iter().flat_map(|package| &package.directories) {
        let found = c_headers::files_of_package(directory);
        files.extend(found.with_context(|| failed(directory))?);
    }
    Ok(files)
}

/// What the IR of all crates says, and which files they are made of, and what native libraries say.
pub(crate) fn ir(emitted: &Emitted) -> Result<Digest> {
    let mut hasher = Hasher::default();
    hasher.files(emitted.files())?;
    for source in emitted.crates.iter().flat_map(|emitted| &emitted.sources) {
        hasher.add(source.as_os_str().as_encoded_bytes());
    }
    Ok(hasher.finish())
}

/// What is in files of source and directories of them.
pub(crate) fn source(paths: &[PathBuf]) -> Result<Digest> {
    let mut hasher = Hasher::default();
    for path in paths {
        hasher.files(rust_source::files_of_source(path).with_context(|| failed(path))?)?;
        hasher.files(c_headers::files_of_headers(path).with_context(|| failed(path))?)?;
    }
    Ok(hasher.finish())
}

/// The command line but for how the report is shown, and where it was given.
fn words(arguments: &Check) -> Result<String> {
    let decisive = Check {
        format: ReportFormat::Text,
        color: Colour::Auto,
        // What it says is hashed.
        config: None,
        baseline: None,
        write_baseline: None,
        record: None,
        ..arguments.clone()
    };
    let here = std::env::current_dir().context("failed to find the current directory")?;
    Ok(format!("{here:?} {decisive:?}"))
}

fn failed(path: &Path) -> String {
    format!("failed to read `{}`", path.display())
}

/// Hashes a sequence of things, each with its length: two sequences do not run into one.
#[derive(Default)]
struct Hasher(blake3::Hasher);

impl Hasher {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn file(&mut self, path: &Path) -> Result<()> {
        self.add(path.as_os_str().as_encoded_bytes());
        self.add(&fs::read(path).with_context(|| failed(path))?);
        Ok(())
    }

    fn files(&mut self, paths: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<()> {
        for path in paths {
            self.add(b"file");
            self.file(path.as_ref())?;
        }
        self.add(b"end");
        Ok(())
    }

    fn finish(&self) -> Digest {
        Digest(self.0.finalize().to_hex().to_string())
    }
}

/// The place of what is kept for one command line: what comes later takes it.
pub(crate) struct Shelf(PathBuf);

impl Shelf {
    /// The place for this command line, in the project's own directory.
    pub(crate) fn of(place: &Path, arguments: &Check) -> Result<Self> {
        let mut hasher = Hasher::default();
        hasher.add(words(arguments)?.as_bytes());
        let Digest(name) = hasher.finish();
        Ok(Self(place.join("reports").join(name)))
    }

    /// What is kept there, if this was asked, and every byte is as it was written.
    pub(crate) fn find(&self, asked: &Digest) -> Option<Kept> {
        let text = fs::read_to_string(&self.0).ok()?;
        let (sum, content) = text.split_once('\n')?;
        if sum != sum_of(content) {
            return None;
        }
        let mut kept: Kept = serde_json::from_str(content).ok()?;
        for (report, commented) in kept.reports.iter_mut().zip(&kept.commented) {
            report.commented = commented.clone();
        }
        (kept.asked == *asked).then_some(kept)
    }

    /// Keeps it, in place of what was there.
    pub(crate) fn keep(&self, kept: &Kept) -> Result<()> {
        let content = serde_json::to_string(kept).context("failed to write down the reports")?;
        let text = format!("{}\n{content}", sum_of(&content));
        let written = replace(&self.0, &text);
        written.with_context(|| format!("failed to keep the reports in `{}`", self.0.display()))
    }
}

fn sum_of(content: &str) -> String {
    blake3::hash(content.as_bytes()).to_hex().to_string()
}

/// Writes a file that nobody sees in half: under another name first.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut name = path.file_name().unwrap_or(OsStr::new("report")).to_owned();
    name.push(format!(".{}", std::process::id()));
    let written = path.with_file_name(name);
    fs::write(&written, text)?;
    fs::rename(&written, path)
}
