//! Reports for pages of code scanning: SARIF 2.1.0, as GitHub and others read it.

mod log;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use log::{
    ArtifactLocation, CodeFlow, Configuration, Driver, Invocation, Log, LogicalLocation,
    Notification, PhysicalLocation, Region, Step, Text, ThreadFlow, Tool,
};

use super::here::{Here, Uri};
use super::printable::{self, printable};
use super::{Report, fingerprint, text};
use crate::rules::{self, Finding, Level, Location, Rule};

/// What relative URIs count from: the root of the sources, for those who read the log.
const BASE: &str = "%SRCROOT%";
/// GitHub shows no more locations of a result, and refuses results with ten times as many.
const MOST_LOCATIONS: usize = 100;
/// The name of our fingerprints; another way to make them gets another.
const FINGERPRINT: &str = "abide/v1";
/// The only fingerprint that GitHub compares. Its uploader makes it of the lines around a result,
/// which are not there for a place in an object.
const GITHUB_FINGERPRINT: &str = "primaryLocationLineHash";

/// The reports as one log of one run, ending in a newline. What several links have in common is
/// one result.
#[must_use]
pub fn sarif(reports: &[Report]) -> String {
    let writer = Writer { here: Here::new() };
    let base = ArtifactLocation {
        uri: writer.here.base(),
        uri_base_id: None,
    };
    let log = Log {
        schema: log::SCHEMA,
        version: log::VERSION,
        runs: vec![log::Run {
            tool: Tool { driver: driver() },
            invocations: vec![Invocation {
                execution_successful: true,
                tool_execution_notifications: notifications(reports),
            }],
            original_uri_base_ids: BTreeMap::from([(BASE, base)]),
            results: writer.results(reports),
        }],
    };
    super::json::pretty(&log)
}

fn driver() -> Driver {
    Driver {
        name: "abide",
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: rules::ALL.iter().map(|rule| descriptor(rule)).collect(),
    }
}

fn descriptor(rule: &Rule) -> log::Rule {
    log::Rule {
        id: rule.id,
        short_description: plain(&rule.summary()),
        full_description: plain(&rule.purpose()),
        help: Text {
            text: rule.page.to_owned(),
            markdown: Some(rule.page),
        },
        default_configuration: Configuration {
            level: level(rule.level),
        },
    }
}

/// What was left out, and what `abide.toml` says of nothing.
fn notifications(reports: &[Report]) -> Vec<Notification> {
    let mut all = Vec::new();
    for report in reports {
        let remarks = report.remarks.iter().map(|remark| ("warning", remark));
        let skipped = report.skipped.iter().map(|skipped| ("note", skipped));
        for (level, text) in remarks.chain(skipped) {
            let message = plain(&message_text(&printable(text)));
            let notification = Notification { level, message };
            if !all.contains(&notification) {
                all.push(notification);
            }
        }
    }
    all
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Deny => "error",
        Level::Warn => "warning",
        Level::Allow => "none",
    }
}

fn plain(text: &str) -> Text {
    Text {
        text: text.to_owned(),
        markdown: None,
    }
}

/// Text that a reader of messages takes as it is: braces are doubled (3.11.5), and no
/// bracket begins a link (3.11.6).
fn message_text(text: &str) -> String {
    let text = text.replace('{', "{{").replace('}', "}}");
    text.replace("](", "] (")
}

/// A link to a location of the same result (3.11.6).
fn link(text: &str, id: usize) -> String {
    let escape = |text: String, c| text.replace(c, &format!("\\{c}"));
    let text = ['\\', '[', ']'].into_iter().fold(text.to_owned(), escape);
    format!("[{}]({id})", message_text(&text))
}

struct Writer {
    here: Here,
}

impl Writer {
    fn results(&self, reports: &[Report]) -> Vec<log::Result> {
        let mut results = Vec::new();
        let mut seen = HashSet::new();
        for report in reports {
            let fingerprints = fingerprint::of(&report.findings);
            for (finding, fingerprint) in report.findings.iter().zip(fingerprints) {
                // Each link has kept objects of its own: by source alone they are compared.
                let place = primary(finding).and_then(|at| finding.places.get(at));
                let line = place.and_then(|place| place.line.clone());
                if seen.insert((fingerprint.clone(), line)) {
                    results.push(self.result(&printable::finding(finding), fingerprint));
                }
            }
        }
        results
    }

    fn result(&self, finding: &Finding, fingerprint: String) -> log::Result {
        let primary = primary(finding);
        let mut location = match primary.and_then(|at| finding.places.get(at)) {
            Some(place) => self.location(place),
            None => self.nowhere(),
        };
        location.logical_locations.push(LogicalLocation {
            fully_qualified_name: finding.symbol.clone(),
            kind: is_of_function(finding).then_some("function"),
        });
        let others = finding.places.iter().enumerate();
        let others = others.filter(|(at, _)| Some(*at) != primary);
        let related = others.take(MOST_LOCATIONS - 1).zip(1..);
        let related: Vec<_> = related
            .map(|((_, place), id)| log::Location {
                id: Some(id),
                ..self.location(place)
            })
            .collect();
        let mut fingerprints = BTreeMap::from([(FINGERPRINT, fingerprint.clone())]);
        let place = primary.and_then(|at| finding.places.get(at));
        if place.is_none_or(|place| place.line.is_none()) {
            fingerprints.insert(GITHUB_FINGERPRINT, fingerprint);
        }
        log::Result {
            rule_id: finding.rule,
            rule_index: rules::ALL.iter().position(|rule| rule.id == finding.rule),
            level: level(finding.level),
            message: plain(&self.message(finding, primary)),
            locations: vec![location],
            related_locations: related,
            code_flows: self.code_flows(&finding.path),
            partial_fingerprints: fingerprints,
        }
    }

    /// The message, what is at its other places, notes and the next step. Pages of code scanning
    /// show related locations where the message links to them, and no more.
    fn message(&self, finding: &Finding, primary: Option<usize>) -> String {
        let mut lines = vec![format!("{}.", message_text(&finding.message))];
        if let Some(place) = primary.and_then(|at| finding.places.get(at)) {
            lines.push(message_text(&place.label));
        }
        let others = finding.places.iter().enumerate();
        let others = others.filter(|(at, _)| Some(*at) != primary);
        for ((_, place), id) in others.take(MOST_LOCATIONS - 1).zip(1..) {
            let name = link(&text::name(place, &self.here), id);
            lines.push(format!("{name}: {}", message_text(&place.label)));
        }
        match finding.places.len().saturating_sub(MOST_LOCATIONS) {
            0 => {}
            1 => lines.push("and 1 more place, which is in `--format json`".to_owned()),
            more => lines.push(format!(
                "and {more} more places, which are in `--format json`"
            )),
        }
        let notes = finding.notes.iter();
        lines.extend(notes.map(|note| format!("note: {}", message_text(note))));
        lines.push(format!("help: {}", message_text(&finding.help)));
        lines.join("\n")
    }

    fn code_flows(&self, path: &[Location]) -> Vec<CodeFlow> {
        let steps = path.iter().zip(1..).map(|(place, execution_order)| Step {
            execution_order,
            location: self.location(place),
        });
        let locations: Vec<_> = steps.collect();
        match locations.is_empty() {
            true => Vec::new(),
            false => vec![CodeFlow {
                thread_flows: vec![ThreadFlow { locations }],
            }],
        }
    }

    /// A place with what is to be said there. Where no source line is known it is the object's
    /// first, which is where readers that need a line can put it.
    fn location(&self, location: &Location) -> log::Location {
        let (file, line) = match (&location.line, &location.place) {
            (Some(line), _) => (&*line.file, line.line),
            (None, Some(place)) => (file_of(&place.object), 1),
            (None, None) => return self.nowhere(),
        };
        let object = location.place.as_ref().map(|place| LogicalLocation {
            fully_qualified_name: text::object_name(place, &self.here),
            kind: Some("module"),
        });
        log::Location {
            id: None,
            message: Some(plain(&message_text(&location.label))),
            physical_location: physical(self.here.uri(file), line),
            logical_locations: object.into_iter().collect(),
        }
    }

    /// What nothing in a file tells: the directory that was checked.
    fn nowhere(&self) -> log::Location {
        log::Location {
            id: None,
            message: None,
            physical_location: physical(self.here.uri("."), 1),
            logical_locations: Vec::new(),
        }
    }
}

fn physical(uri: Uri, start_line: u32) -> PhysicalLocation {
    let text = match uri.text.is_empty() {
        true => ".".to_owned(),
        false => uri.text,
    };
    PhysicalLocation {
        artifact_location: ArtifactLocation {
            uri: text,
            uri_base_id: uri.is_relative.then_some(BASE),
        },
        region: Region { start_line },
    }
}

/// The place that a reader is led to: the first one that has a source line, else the first.
fn primary(finding: &Finding) -> Option<usize> {
    let in_source = finding.places.iter().position(|place| place.line.is_some());
    in_source.or((!finding.places.is_empty()).then_some(0))
}

fn is_of_function(finding: &Finding) -> bool {
    let rule = rules::find(finding.rule);
    rule.is_some_and(|rule| rule.is_of_contracts() || rule.id == rules::UNDECIDED.id)
}

/// The file that an object is in: of `archive(member)` the archive.
fn file_of(object: &str) -> &str {
    let is_file = |path: &str| Path::new(path).is_file();
    if !object.ends_with(')') || is_file(object) {
        return object;
    }
    let mut archives = object.match_indices('(').map(|(at, _)| &object[..at]);
    archives.find(|path| is_file(path)).unwrap_or(object)
}
