//! `cargo abide check` of a Cargo project: built, then each link that it makes checked.
//!
//! Where nothing has changed since the last time, what was decided then is shown again.

use std::cell::OnceCell;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use abide::inputs::Commented;
use abide::project::{self, CrossingNames};
use abide::report::Report;
use anyhow::{Context as _, Error, Result};

use crate::arguments::Check;
use crate::cargo::{self, Built, Emitted, Told, Unit};
use crate::check::{self, Checked};
use crate::in_vain;
use crate::kept::{self, Declared, Kept, Shelf};
use crate::progress;

/// Builds the project, and checks each of its links.
pub(crate) fn checked(arguments: &Check) -> Result<Checked> {
    let built = cargo::build(&arguments.build)?;
    let configuration = configuration_file(arguments, &built.root)?;
    let arguments = &Check {
        config: configuration.clone(),
        ..arguments.clone()
    };
    let ir = Ir::new(arguments, &built);
    let (reports, sources) = reports(arguments, &built, &ir)?;
    let emitted = ir.emitted.get().and_then(|emitted| emitted.as_ref().ok());
    let emitted = emitted.into_iter().flat_map(Emitted::files);
    let declared = emitted.cloned().chain(sources);
    let mut declared: Vec<PathBuf> = declared.collect();
    for unit in &built.units {
        declared.extend(kept::headers(unit)?);
    }
    Ok(Checked {
        reports,
        declared,
        configuration,
        links: built.units.into_iter().map(|unit| unit.files).collect(),
    })
}

/// The `abide.toml` of this directory; else the package's, or that of a directory above it, up to
/// the workspace's own.
fn configuration_file(arguments: &Check, root: &Path) -> Result<Option<PathBuf>> {
    if let Some(named) = check::configuration_file(arguments) {
        return Ok(Some(named.to_owned()));
    }
    let manifest = arguments.build.manifest_path.as_deref();
    let package = manifest.and_then(Path::parent);
    let package = package.filter(|directory| !directory.as_os_str().is_empty());
    let package = package.unwrap_or(Path::new("."));
    let package = package.canonicalize();
    let package = package.context("failed to find the package's directory")?;
    let root = root.canonicalize();
    let root = root.context("failed to find the workspace's directory")?;
    let within = package.ancestors().take_while(|of| of.starts_with(&root));
    let mut files = within.map(|directory| directory.join("abide.toml"));
    Ok(files.find(|file| file.is_file()))
}

/// The report of each link, and the source that declares; those of the last time, if all
/// that they were made of is the same.
fn reports(arguments: &Check, built: &Built, ir: &Ir<'_>) -> Result<(Vec<Report>, Vec<PathBuf>)> {
    if arguments.no_cache {
        let decided = decide(arguments, &built.units, ir)?;
        return Ok((decided.reports, sources(decided.declared)));
    }
    let shelf = Shelf::of(&built.place, arguments)?;
    let asked = kept::asked(arguments, &built.units)?;
    if let Some(kept) = shelf.find(&asked)
        && is_still_so(kept.declared.as_ref(), ir)?
        && kept.commented.iter().all(is_still_said)
    {
        return Ok((kept.reports, sources(kept.declared)));
    }
    let decided = decide(arguments, &built.units, ir)?;
    // What changed while it was read is not what the reports were made of.
    let is_lasting = decided.is_whole
        && is_still_so(decided.declared.as_ref(), ir)?
        && asked == kept::asked(arguments, &built.units)?;
    let kept = Kept {
        asked,
        declared: decided.declared,
        commented: decided
            .reports
            .iter()
            .map(|r| r.commented.clone())
            .collect(),
        reports: decided.reports,
    };
    if is_lasting && let Err(error) = shelf.keep(&kept) {
        // A closed standard error leaves nobody to warn.
        let _ = writeln!(
            io::stderr(),
            "warning: {error:#}: the next run decides anew"
        );
    }
    Ok((kept.reports, sources(kept.declared)))
}

fn sources(declared: Option<Declared>) -> Vec<PathBuf> {
    declared.map_or_else(Vec::new, |declared| declared.sources)
}

/// The IR of the project, written once it is asked for.
struct Ir<'a> {
    arguments: &'a Check,
    built: &'a Built,
    emitted: OnceCell<Result<Emitted>>,
}

impl<'a> Ir<'a> {
    fn new(arguments: &'a Check, built: &'a Built) -> Self {
        Self {
            arguments,
            built,
            emitted: OnceCell::new(),
        }
    }

    fn emitted(&self) -> Result<&Emitted, &Error> {
        let emit = || cargo::emit(&self.arguments.build, &self.built.place);
        self.emitted.get_or_init(emit).as_ref()
    }
}

/// Whether what is declared was read from IR and source that are still the same.
fn is_still_so(declared: Option<&Declared>, ir: &Ir<'_>) -> Result<bool> {
    let Some(declared) = declared else {
        return Ok(true);
    };
    let Ok(emitted) = ir.emitted() else {
        return Ok(false);
    };
    Ok(declared.ir == kept::ir(emitted)? && declared.source == kept::source(&declared.sources)?)
}

/// Whether source in assembly suppresses what it did.
fn is_still_said(commented: &Commented) -> bool {
    Commented::read(commented.files.clone()) == *commented
}

/// What was decided, and what of.
struct Decided {
    reports: Vec<Report>,
    /// Where declarations were read; `None` if nothing crosses the boundary.
    declared: Option<Declared>,
    /// Whether all that was wanted could be read.
    is_whole: bool,
}

fn decide(arguments: &Check, units: &[Unit], ir: &Ir<'_>) -> Result<Decided> {
    let mut told = Told::default();
    let mut declared = None;
    let mut remark = None;
    let names = crossing_names(arguments, units)?;
    if !names.all.is_empty() {
        match ir.emitted() {
            Ok(emitted) => {
                let ir = kept::ir(emitted)?;
                told = cargo::read(emitted, &names)?;
                declared = Some(Declared {
                    ir,
                    source: kept::source(&told.sources)?,
                    sources: told.sources.clone(),
                });
            }
            // Then functions are held to their conventions alone.
            Err(error) => {
                remark = Some(format!("no function is held to its declaration: {error:#}"));
            }
        }
    }
    let reports = units.iter().map(|unit| {
        let mut report = judge(arguments, unit, &told)?;
        report.skipped.extend(remark.clone());
        Ok(report)
    });
    let mut reports: Vec<Report> = reports.collect::<Result<_>>()?;
    in_vain::keep_common(&mut reports, arguments.config.as_deref());
    Ok(Decided {
        reports,
        declared,
        is_whole: remark.is_none(),
    })
}

/// The names of which declarations are read from the project's IR.
fn crossing_names(arguments: &Check, units: &[Unit]) -> Result<CrossingNames> {
    let is_wanted = !arguments.names && arguments.signatures.is_empty();
    let mut names = CrossingNames::default();
    for unit in units.iter().filter(|_| is_wanted) {
        names.extend(CrossingNames::of(&unit.files)?);
    }
    Ok(names)
}

/// Says of what a partial link leaves open that the build has decided it.
fn leave_to_linker(report: &mut Report) {
    let mut rules = report.not_applicable.iter_mut();
    if let Some(missing) = rules.find(|not| not.rule == "undefined_symbol") {
        missing.reason =
            "the build's own linker, which read shared libraries too, found all symbols".into();
    }
}

fn judge(arguments: &Check, unit: &Unit, told: &Told) -> Result<Report> {
    progress::tell("Judging", &unit.name);
    let mut project = check::project(arguments, unit.files.clone())?;
    project.headers.clone_from(&unit.headers);
    if told.signatures.is_given {
        project.signatures = told.signatures.clone();
        project.sources.extend(told.sources.iter().cloned());
    }
    project.link.whole_archive |= unit.is_library;
    let mut report = match project::check(&project) {
        // A program without assembly is in order.
        Err(project::Error::NoRoot) => {
            project.names_only = true;
            let mut report = project::check(&project)?;
            let remark = "no compiled code refers to a function in assembly: there is no contract \
                          to judge";
            report.skipped.push(remark.to_owned());
            report
        }
        other => other?,
    };
    report.unit.name = Some(unit.name.clone());
    if !unit.is_library {
        leave_to_linker(&mut report);
    }
    Ok(report)
}
