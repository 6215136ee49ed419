//! Proof records: `cargo abide check --record FILE`, and `cargo abide verify FILE`.

use std::fs;
use std::path::{Path, PathBuf};

use abide::inputs;
use abide::report::record::{Comparison, Hashed, Link, Record, Tool};
use abide::signatures::{self, c_headers, rust_source};
use anyhow::{Context as _, Result};

use crate::arguments::{self, Check, Verify};
use crate::check::{self, Checked};
use crate::{Outcome, print};

/// Writes down what was decided, and of what.
pub(crate) fn write(path: &Path, arguments: &Check, checked: &Checked) -> Result<()> {
    let words = arguments::words().map(|word| {
        let word = word.into_string();
        word.map_err(|word| anyhow::anyhow!("`{}` is no text to write down", word.display()))
    });
    let record = record(words.collect::<Result<_>>()?, arguments, checked)?;
    let written = fs::write(path, record.text());
    written.with_context(|| format!("failed to write `{}`", path.display()))
}

/// Decides again what a record says, and tells what is otherwise.
pub(crate) fn verify(verify: &Verify) -> Result<Outcome> {
    let path = verify.record.display();
    let text = fs::read_to_string(&verify.record);
    let text = text.with_context(|| format!("failed to read `{path}`"))?;
    let before = Record::parse(&text).map_err(|error| anyhow::anyhow!("`{path}` {error}"))?;
    let arguments = arguments::check_by(&before.words);
    let mut arguments = arguments.map_err(|error| {
        let reason = error.kind();
        anyhow::anyhow!("`{path}` was made by a command that this version has not: {reason}")
    })?;
    // What was decided before is no witness of itself.
    arguments.no_cache = true;
    let checked = check::checked(&arguments)?;
    let now = record(before.words.clone(), &arguments, &checked)?;
    let told = before.compare(&now);
    print(shown(&before, &now, &told).as_bytes())?;
    Ok(match told.changes.is_empty() {
        true => Outcome::Kept,
        false => Outcome::Denied,
    })
}

fn shown(before: &Record, now: &Record, told: &Comparison) -> String {
    let mut text: String = told
        .changes
        .iter()
        .map(|change| format!("changed: {change}\n"))
        .collect();
    if before.tool != now.tool {
        let [before, now] = [before, now].map(|record| &record.tool.version);
        text += &format!("note: another program decided it: abide {before}, this is abide {now}\n");
    }
    let Comparison {
        files,
        verdicts,
        roots,
        ref changes,
    } = *told;
    text += &match changes.len() {
        0 => format!(
            "verified: {verdicts} verdicts on {}, decided anew, are the same, and so are {files} \
             objects and files\n",
            counted(roots)
        ),
        changes => format!(
            "not verified, changes: {changes}; compared: {files} objects and files, {verdicts} \
             verdicts on {}\n",
            counted(roots)
        ),
    };
    text
}

fn counted(roots: usize) -> String {
    match roots {
        1 => "1 root".to_owned(),
        roots => format!("{roots} roots"),
    }
}

fn record(words: Vec<String>, arguments: &Check, checked: &Checked) -> Result<Record> {
    let ourselves = std::env::current_exe().context("failed to find our own program")?;
    let tool = Tool {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        blake3: hashed(&ourselves)?.blake3,
    };
    let read = read(arguments, checked)?.into_iter();
    let read = read.map(|path| hashed(&path)).collect::<Result<_>>()?;
    let links = checked.links.iter().zip(&checked.reports);
    let links = links.map(|(files, report)| Ok(Link::new(report, objects(files)?)));
    let links = links.collect::<Result<_>>()?;
    Ok(Record::new(tool, words, read, links))
}

/// What was read beside the objects.
fn read(arguments: &Check, checked: &Checked) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = Vec::new();
    files.extend(checked.configuration.clone());
    files.extend(arguments.script.clone());
    let declared = checked.declared.iter().chain(&arguments.source);
    for path in arguments.signatures.iter().chain(declared) {
        let failed = || format!("failed to read `{}`", path.display());
        if path.is_dir() && !arguments.signatures.contains(path) {
            files.extend(rust_source::files_of_source(path).with_context(failed)?);
            files.extend(c_headers::files_of_headers(path).with_context(failed)?);
        } else {
            files.extend(signatures::files_of_ir(path).with_context(failed)?);
        }
    }
    // Assembly is looked through for suppressions, where its source is there.
    let commented = checked.reports.iter().flat_map(|r| &r.commented.files);
    files.extend(commented.map(PathBuf::from).filter(|file| file.is_file()));
    files.sort();
    files.dedup();
    Ok(files)
}

fn hashed(path: &Path) -> Result<Hashed> {
    let bytes = fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    Ok(Hashed {
        name: path.to_string_lossy().into_owned(),
        blake3: hash(&bytes),
    })
}

/// The objects of files, in their order; those in archives one by one.
fn objects(files: &[PathBuf]) -> Result<Vec<Hashed>> {
    let mut objects = Vec::new();
    for path in files {
        let file = inputs::open(path)?;
        objects.extend(file.objects.into_iter().map(|object| Hashed {
            blake3: hash(&object.data),
            name: object.name,
        }));
    }
    Ok(objects)
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
