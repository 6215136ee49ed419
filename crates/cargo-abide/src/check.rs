//! `cargo abide check`.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use abide::contracts::{Configuration, Profile};
use abide::inputs::link::{LinkOptions, Output, Script};
use abide::project::{self, Project};
use abide::report::{self, Baseline, Report, Style};
use abide::rules::Level;
use abide::signatures::Signatures;
use anyhow::Context as _;

use crate::arguments::{self, Check, Colour, ReportFormat, Weighed};
use crate::{Outcome, in_project, print, record};

pub(crate) fn run(arguments: &Check) -> anyhow::Result<Outcome> {
    let checked = checked(arguments)?;
    if let Some(path) = &arguments.record {
        record::write(path, arguments, &checked)?;
    }
    show(arguments, checked.reports)
}

/// What a check decided, and the files that it looked at.
pub(crate) struct Checked {
    /// The report of each link.
    pub(crate) reports: Vec<Report>,
    /// The files of each link.
    pub(crate) links: Vec<Vec<PathBuf>>,
    /// LLVM IR that was made for it, the source that it was made of, and C headers.
    pub(crate) declared: Vec<PathBuf>,
    /// The file of the configuration, where there is one.
    pub(crate) configuration: Option<PathBuf>,
}

/// Checks the files that are named, or the Cargo project.
pub(crate) fn checked(arguments: &Check) -> anyhow::Result<Checked> {
    if arguments.files.is_empty() {
        return in_project::checked(arguments);
    }
    without_options_of_projects(arguments)?;
    let project = project(arguments, arguments.files.clone())?;
    Ok(Checked {
        reports: vec![project::check(&project)?],
        links: vec![project.files],
        declared: Vec::new(),
        configuration: configuration_file(arguments).map(Path::to_owned),
    })
}

/// Refuses options of a Cargo project beside files.
pub(crate) fn without_options_of_projects(arguments: &Check) -> anyhow::Result<()> {
    anyhow::ensure!(
        !arguments.build.is_asked_for(),
        "files and options of a Cargo project do not go together: give the files of one link, or \
         none to build and check the project"
    );
    Ok(())
}

/// The link of these files, as the command line and the configuration have it.
pub(crate) fn project(arguments: &Check, files: Vec<PathBuf>) -> anyhow::Result<Project> {
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
    for allowed in &project.configuration.allowed {
        let id: &String = allowed.rule.as_ref();
        arguments::rule(id).map_err(|error| anyhow::anyhow!("`{id}`: {error}"))?;
    }
    if arguments.strict {
        project.configuration.profile = Profile::Strict;
    }
    weigh(&mut project, arguments)?;
    Ok(project)
}

/// Prints the reports, and tells whether they deny anything.
pub(crate) fn show(arguments: &Check, mut reports: Vec<Report>) -> anyhow::Result<Outcome> {
    if let Some(baseline) = baseline(arguments, &reports)? {
        baseline.apply(&mut reports);
    }
    let reports = reports.as_slice();
    let style = style(arguments.color);
    let text = match arguments.format {
        ReportFormat::Text => reports.iter().map(|r| titled(r, reports, style)).collect(),
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

/// The findings that are known: those of a file, or those of now, which become one.
fn baseline(arguments: &Check, reports: &[Report]) -> anyhow::Result<Option<Baseline>> {
    if let Some(path) = &arguments.write_baseline {
        let baseline = Baseline::of(reports);
        let written = std::fs::write(path, baseline.text());
        written.with_context(|| format!("failed to write `{}`", path.display()))?;
        return Ok(Some(baseline));
    }
    let Some(path) = &arguments.baseline else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("failed to read `{}`", path.display()))?;
    let baseline = Baseline::parse(&text);
    let baseline = baseline.map_err(|error| anyhow::anyhow!("`{}` {error}", path.display()))?;
    Ok(Some(baseline))
}

/// A report as text; under its name where there are others.
fn titled(report: &Report, all: &[Report], style: Style) -> String {
    let text = report::text(report, style);
    match &report.unit.name {
        Some(name) if all.len() > 1 => format!("{name}:\n{text}"),
        _ => text,
    }
}

fn link(arguments: &Check) -> anyhow::Result<LinkOptions> {
    let script = arguments.script.as_ref().map(|path| {
        let text = std::fs::read_to_string(path);
        text.with_context(|| format!("failed to read the linker script `{}`", path.display()))
    });
    let script = script.transpose()?.map(|text| Script::parse(&text));
    Ok(LinkOptions {
        entry: arguments.entry.clone(),
        complete: arguments.complete,
        output: output(arguments, script.as_ref()),
        group: arguments.group,
        whole_archive: arguments.whole_archive,
        gc_sections: arguments.gc_sections,
        script,
        defined: arguments.define.clone(),
    })
}

fn output(arguments: &Check, script: Option<&Script>) -> Option<Output> {
    // The option outranks the script (ld manual, `OUTPUT_FORMAT`).
    let by_script = script.and_then(|script| script.format.as_deref());
    let format = arguments.oformat.as_deref().or(by_script);
    if format == Some("binary") {
        Some(match arguments.lld {
            true => Output::FlatByLld,
            false => Output::Flat,
        })
    } else if arguments.pie {
        Some(Output::Pie)
    } else if arguments.shared {
        Some(Output::Shared)
    } else if arguments.no_pie {
        Some(Output::Static)
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
    match configuration_file(arguments) {
        Some(path) => Ok(Configuration::read(path)?),
        None => Ok(Configuration::default()),
    }
}

/// The file of the configuration, where there is one.
pub(crate) fn configuration_file(arguments: &Check) -> Option<&Path> {
    let here = Path::new("abide.toml");
    let named = arguments.config.as_deref();
    named.or_else(|| here.is_file().then_some(here))
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
