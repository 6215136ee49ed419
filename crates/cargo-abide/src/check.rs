//! `cargo abide check`.

use std::io::{self, IsTerminal as _};

use abide::inputs::link::{LinkOptions, Output, Script};
use abide::project::{self, Project};
use abide::report::{self, Style};
use abide::rules::{Level, Levels};
use anyhow::Context as _;

use crate::arguments::{Check, Colour, ReportFormat};
use crate::{Outcome, print};

pub(crate) fn run(arguments: &Check) -> anyhow::Result<Outcome> {
    let project = Project {
        files: arguments.files.clone(),
        sources: arguments.source.clone(),
        link: link(arguments)?,
        levels: levels(arguments),
    };
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

/// The stronger word counts where a rule is named twice.
fn levels(arguments: &Check) -> Levels {
    let mut levels = Levels::default();
    for (rules, level) in [
        (&arguments.allow, Level::Allow),
        (&arguments.warn, Level::Warn),
        (&arguments.deny, Level::Deny),
    ] {
        for rule in rules {
            levels.set(rule, level);
        }
    }
    levels
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
