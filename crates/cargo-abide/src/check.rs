//! `cargo abide check`.

use std::collections::HashSet;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use abide::contracts::Configuration;
use abide::inputs::link::{LinkOptions, Output, Script};
use abide::project::{self, Project};
use abide::report::{self, Report, Style};
use abide::rules::Level;
use abide::signatures::Signatures;
use anyhow::Context as _;

use crate::arguments::{self, Check, Colour, ReportFormat, Weighed};
use crate::cargo::Told;
use crate::{Outcome, cargo, print};

pub(crate) fn run(arguments: &Check) -> anyhow::Result<Outcome> {
    if arguments.files.is_empty() {
        return run_project(arguments);
    }
    if arguments.build.is_asked_for() {
        anyhow::bail!(
            "files and options of a Cargo project do not go together: give the files of one link, \
             or none to build and check the project"
        );
    }
    let project = project(arguments, arguments.files.clone())?;
    let report = project::check(&project)?;
    show(arguments, &[report])
}

/// Builds the Cargo project, and checks each link that it makes.
fn run_project(arguments: &Check) -> anyhow::Result<Outcome> {
    let units = cargo::units(&arguments.build)?;
    let several = units.len() > 1;
    let mut outcome = Outcome::Kept;
    let mut reports = Vec::new();
    let (told, remark) = declared(arguments, &units)?;
    for unit in units {
        let mut project = project(arguments, unit.files)?;
        if told.signatures.is_given {
            project.signatures = told.signatures.clone();
            project.sources.extend(told.sources.iter().cloned());
        }
        project.link.whole_archive |= unit.is_library;
        if several && arguments.format == ReportFormat::Text {
            print(format!("{}:\n", unit.name).as_bytes())?;
        }
        let mut report = match project::check(&project) {
            // A program without assembly is in order.
            Err(project::Error::NoRoot) => {
                project.names_only = true;
                let mut report = project::check(&project)?;
                report.skipped.push(
                    "no compiled code refers to a function in assembly: there is no contract to \
                     judge"
                        .to_owned(),
                );
                report
            }
            other => other?,
        };
        report.unit.name = Some(unit.name);
        report.skipped.extend(remark.clone());
        if arguments.format.is_one_document() {
            reports.push(report);
        } else if let Outcome::Denied = show(arguments, &[report])? {
            outcome = Outcome::Denied;
        }
    }
    match arguments.format.is_one_document() {
        true => show(arguments, &reports),
        false => Ok(outcome),
    }
}

/// What the project declares, which a second build tells for all units. Where that fails, a
/// sentence: then functions are held to their conventions alone.
fn declared(arguments: &Check, units: &[cargo::Unit]) -> anyhow::Result<(Told, Option<String>)> {
    let is_wanted = !arguments.names && arguments.signatures.is_empty();
    let mut names = HashSet::new();
    for unit in units.iter().filter(|_| is_wanted) {
        names.extend(project::crossing_names(&unit.files)?);
    }
    if names.is_empty() {
        return Ok((Told::default(), None));
    }
    Ok(match cargo::signatures(&arguments.build, &names) {
        Ok(told) => (told, None),
        Err(error) => {
            let remark = format!("no function is held to its declaration: {error:#}");
            (Told::default(), Some(remark))
        }
    })
}

fn project(arguments: &Check, files: Vec<PathBuf>) -> anyhow::Result<Project> {
    let mut project = Project {
        files,
        sources: arguments.source.clone(),
        signatures: signatures(&arguments.signatures)?,
        link: link(arguments)?,
        names_only: arguments.names,
        roots: arguments.root.iter().cloned().collect(),
        all_exported: arguments.all_exported,
        configuration: configuration(arguments)?,
        ..Project::default()
    };
    weigh(&mut project, arguments)?;
    Ok(project)
}

fn show(arguments: &Check, reports: &[Report]) -> anyhow::Result<Outcome> {
    let style = style(arguments.color);
    let text = match arguments.format {
        ReportFormat::Text => reports.iter().map(|r| report::text(r, style)).collect(),
        ReportFormat::Json => reports.iter().map(report::json).collect(),
        ReportFormat::Sarif => report::sarif(reports),
        ReportFormat::Github => report::github(reports),
    };
    print(text.as_bytes())?;
    let is_denied = reports.iter().any(|report| report.count(Level::Deny) > 0);
    Ok(match is_denied {
        true => Outcome::Denied,
        false => Outcome::Kept,
    })
}

fn link(arguments: &Check) -> anyhow::Result<LinkOptions> {
    let script = arguments.script.as_ref().map(|path| {
        let text = std::fs::read_to_string(path);
        text.with_context(|| format!("failed to read the linker script `{}`", path.display()))
    });
    Ok(LinkOptions {
        entry: arguments.entry.clone(),
        complete: arguments.complete,
        output: output(arguments),
        group: arguments.group,
        whole_archive: arguments.whole_archive,
        gc_sections: arguments.gc_sections,
        script: script.transpose()?.map(|text| Script::parse(&text)),
        defined: arguments.define.clone(),
    })
}

fn output(arguments: &Check) -> Option<Output> {
    if arguments.pie {
        Some(Output::Pie)
    } else if arguments.shared {
        Some(Output::Shared)
    } else {
        None
    }
}

fn signatures(paths: &[PathBuf]) -> anyhow::Result<Signatures> {
    let mut signatures = Signatures::default();
    for path in paths {
        let read = signatures.read(path);
        read.with_context(|| format!("failed to read signatures in `{}`", path.display()))?;
    }
    Ok(signatures)
}

fn configuration(arguments: &Check) -> anyhow::Result<Configuration> {
    let here = Path::new("abide.toml");
    match &arguments.config {
        Some(path) => Ok(Configuration::read(path)?),
        None if here.is_file() => Ok(Configuration::read(here)?),
        None => Ok(Configuration::default()),
    }
}

/// Levels from the configuration, then from the command line; there the
/// stronger word counts where a rule is named twice.
fn weigh(project: &mut Project, arguments: &Check) -> anyhow::Result<()> {
    for (id, level) in project.configuration.levels.clone() {
        let level = match level.as_str() {
            "allow" => Level::Allow,
            "warn" => Level::Warn,
            "deny" => Level::Deny,
            other => anyhow::bail!("`{other}` is no level: write allow, warn or deny"),
        };
        let what = arguments::weighed(&id).map_err(|error| anyhow::anyhow!("`{id}`: {error}"))?;
        set_level(project, what, level);
    }
    for (all, level) in [
        (&arguments.allow, Level::Allow),
        (&arguments.warn, Level::Warn),
        (&arguments.deny, Level::Deny),
    ] {
        for &what in all {
            set_level(project, what, level);
        }
    }
    Ok(())
}

fn set_level(project: &mut Project, what: Weighed, level: Level) {
    match what {
        Weighed::Rule(rule) => project.levels.set(rule, level),
        Weighed::Possible => project.possible = Some(level),
    }
}

fn style(colour: Colour) -> Style {
    let wanted = match colour {
        Colour::Always => true,
        Colour::Never => false,
        // https://no-color.org
        Colour::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    if wanted { Style::Colour } else { Style::Plain }
}
