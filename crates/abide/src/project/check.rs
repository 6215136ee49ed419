//! The check: every rule over one link unit.

use super::prototypes::{self, OfPackage};
use super::suppressions::{self, Suppressions};
use super::{Error, Project, contracts, crossings, declarations, open_all};
use crate::inputs::File;
use crate::inputs::link::LinkUnit;
use crate::report::{NotApplicable, Report, UnitSummary};
use crate::rules::{self, Facts, Level, Levels, Outcome};
use crate::signatures::c_headers::CHeaders;
use crate::signatures::rust_source::RustSource;

/// Checks the project.
///
/// # Errors
/// A file or source could not be read, or there is no object.
pub fn check(project: &Project) -> Result<Report, Error> {
    let files = open_all(&project.files)?;
    let source = read_source(project, &files)?;
    let mut report = check_files(files, &source, project)?;
    let unread = source.rust.skipped.iter();
    report
        .skipped
        .extend(unread.map(|file| format!("{file} is no Rust that abide can read")));
    Ok(report)
}

/// Checks files that were read already, as the project says.
///
/// # Errors
/// There is assembly that no contract binds, or a root is named that there is not.
pub fn check_files(files: Vec<File>, source: &Source, project: &Project) -> Result<Report, Error> {
    let skipped = skipped_members(&files);
    let unit = LinkUnit::new(files, project.link.clone());
    let prototypes = prototypes::all(&unit, &source.headers, &source.of_packages);
    let (declared, unread) = prototypes.split();
    let signatures = declarations::all(project, &unit, &source.rust, declared);
    let unread = unread.told(|symbol| signatures.of(symbol).is_empty());
    let source = &source.rust;
    let platform = match unit.objects.is_empty() {
        true => project.platform(&unit.images),
        false => project.platform(&unit.objects),
    };
    let facts = Facts::new(&unit, source, &signatures, platform);
    let commented = suppressions::assembly(&facts);
    let comments = source.comments.iter().chain(&commented.comments);
    let suppressions = Suppressions::new(&project.configuration.allowed, comments);
    let mut report = judge(&facts, &project.levels);
    report
        .findings
        .retain(|found| !suppressions.cover(found.rule, [found.symbol.as_str()]));
    report.unit = summary(&unit);
    report.commented = commented;
    let mut found = crossings::of(&facts);
    if !project.names_only {
        contracts::judge(&facts, project, &suppressions, &mut found, &mut report)?;
    }
    report.crossings = crossings::listed(found);
    suppressions.tell(&facts, &project.levels, &mut report);
    report.skipped.extend(skipped);
    report.skipped.extend(unread);
    Ok(report)
}

/// Source that declares functions.
#[derive(Debug, Default)]
pub struct Source {
    /// Of Rust.
    pub rust: RustSource,
    /// Of C.
    pub headers: CHeaders,
    /// Of C, in packages of the link.
    pub(super) of_packages: Vec<OfPackage>,
}

fn read_source(project: &Project, files: &[File]) -> Result<Source, Error> {
    let mut source = Source {
        of_packages: prototypes::of_packages(project, files)?,
        ..Source::default()
    };
    for path in &project.sources {
        let read = source.rust.read(path);
        let read = read.and_then(|()| source.headers.read(path));
        read.map_err(|error| Error::Source {
            path: path.clone(),
            source: error,
        })?;
    }
    Ok(source)
}

fn skipped_members(files: &[File]) -> Vec<String> {
    let members = files.iter().flat_map(|file| {
        let unexpected = file.skipped.iter().filter(|member| !is_expected(member));
        unexpected.map(|member| format!("`{}({member})` is no object and was left out", file.name))
    });
    members.collect()
}

/// rustc's own members of an rlib.
fn is_expected(member: &str) -> bool {
    member.ends_with(".rmeta") || member == "rust.metadata.bin"
}

fn judge(facts: &Facts<'_>, levels: &Levels) -> Report {
    let mut report = Report::default();
    for rule in rules::ALL {
        let level = levels.of(rule);
        if level == Level::Allow {
            continue;
        }
        match rule.check(facts, level) {
            Some(Outcome::Judged(findings)) => report.findings.extend(findings),
            Some(Outcome::NotApplicable(reason)) => report.not_applicable.push(NotApplicable {
                rule: rule.id.into(),
                reason: reason.into(),
            }),
            None => {}
        }
    }
    report
}

fn summary(unit: &LinkUnit) -> UnitSummary {
    UnitSummary {
        name: None,
        objects: unit.objects.len(),
        left_out: unit.left_out.len(),
        images: unit.images.len(),
        complete: unit.is_complete(),
        entry: unit.options.entry.clone(),
    }
}
