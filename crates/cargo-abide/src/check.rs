//! `cargo abide check`.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use abide::contracts::Configuration;
use abide::inputs::link::{LinkOptions, Output, Script};
use abide::project::{self, Project};
use abide::report::{self, Style};
use abide::rules::Level;
use anyhow::Context as _;

use crate::arguments::{self, Check, Colour, ReportFormat, Weighed};
use crate::{Outcome, print};

pub(crate) fn run(arguments: &Check) -> anyhow::Result<Outcome> {
    let mut project = Project {
        files: arguments.files.clone(),
        sources: arguments.source.clone(),
        link: link(arguments)?,
        names_only: arguments.names,
        roots: arguments.root.iter().cloned().collect(),
        all_exported: arguments.all_exported,
        configuration: configuration(arguments)?,
        ..Project::default()
    };
    weigh(&mut project, arguments)?;
    let report = project::check(&project)?;
    let text = match arguments.format {
        ReportFormat::Text => report::text(&report, style(arguments.color)),
        ReportFormat::Json => report::json(&report),
    };
    print(text.as_bytes())?;
    Ok(match report.count(Level::Deny) {
        0 => Outcome::Kept,
        _ => Outcome::Denied,
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
