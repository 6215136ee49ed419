//! Reports for people, as rustc writes them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level as Severity, Origin, Renderer, Snippet,
};

use super::here::Here;
use super::printable::{self, printable};
use super::{ContractSummary, Declaration, Report, Suppressed, UnitSummary, crossings, frame};
use crate::inputs::source_text;
use crate::interpret::replay::Frame;
use crate::rules::{Finding, Level, Location, ObjectPlace};

/// How many places of one finding are shown; JSON has them all.
const SHOWN_PLACES: usize = 6;

/// Whether the text may have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences.
    Plain,
    /// Colours, for terminals.
    Colour,
}

/// The report as text: each finding with its source lines, and a last line that counts.
///
/// Source files are read from where the line tables say; one that is not there, or is shorter
/// now, is named without its text.
#[must_use]
pub fn text(report: &Report, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    let mut sources = Sources::new();
    let mut out = String::new();
    for finding in &report.findings {
        let finding = printable::finding(finding);
        let places = Places::of(&finding, &mut sources);
        out.push_str(&renderer.render(&[group(&finding, &places)]).to_string());
        out.push_str("\n\n");
    }
    for remark in &report.remarks {
        let remark = printable(remark);
        out.push_str(&format!("warning: `abide.toml`: {remark}\n"));
    }
    for gone in report.baseline.iter().flat_map(|baseline| &baseline.gone) {
        let (rule, symbol) = (printable(&gone.rule), printable(&gone.symbol));
        out.push_str(&format!(
            "warning: `{rule}` of `{symbol}` is in the baseline, and no longer occurs: write it \
             anew by `--write-baseline`\n"
        ));
    }
    for skipped in &report.skipped {
        out.push_str(&format!("note: {}\n", printable(skipped)));
    }
    out.push_str(&summary(report));
    out
}

fn group<'a>(finding: &'a Finding, places: &'a Places<'a>) -> Group<'a> {
    let severity = match finding.level {
        Level::Deny => Severity::ERROR,
        Level::Warn | Level::Allow => Severity::WARNING,
    };
    let mut group = Group::with_title(
        severity
            .primary_title(finding.message.as_str())
            .id(finding.rule),
    );
    for shown in &places.shown {
        group = match shown {
            Shown::Lines { path, text, labels } => group.element(
                Snippet::source(text.as_str())
                    .path(path.as_str())
                    .annotations(annotations(labels)),
            ),
            Shown::Name(name) => group.element(Origin::path(name.as_str())),
        };
    }
    for note in &places.notes {
        group = group.element(Severity::NOTE.message(note.as_str()));
    }
    for note in &finding.notes {
        group = group.element(Severity::NOTE.message(note.as_str()));
    }
    if let Some(picture) = &places.picture {
        group = group.element(Severity::NOTE.message(picture.as_str()));
    }
    group.element(Severity::HELP.message(finding.help.as_str()))
}

fn annotations<'a>(labels: &'a [(Range<usize>, &'a str)]) -> impl Iterator<Item = Annotation<'a>> {
    labels.iter().enumerate().map(|(i, (span, label))| {
        let kind = if i == 0 {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        kind.span(span.clone()).label(*label)
    })
}

/// The places of a finding, arranged by file.
struct Places<'a> {
    shown: Vec<Shown<'a>>,
    notes: Vec<String>,
    picture: Option<String>,
    /// The place that heads the finding, where it has no line of source.
    origin: Option<&'a ObjectPlace>,
}

enum Shown<'a> {
    /// Lines of a source file that could be read.
    Lines {
        path: String,
        text: String,
        labels: Vec<(Range<usize>, &'a str)>,
    },
    /// A name alone: what is to be said there becomes a note.
    Name(String),
}

impl<'a> Places<'a> {
    fn of(finding: &'a Finding, sources: &mut Sources) -> Self {
        let mut places = Self {
            shown: Vec::new(),
            notes: Vec::new(),
            picture: finding.frame.as_ref().and_then(picture),
            origin: None,
        };
        let mut seen: Vec<(&Location, String)> = Vec::new();
        let mut more = 0;
        for location in finding.places.iter().chain(&finding.path) {
            let name = name(location, &sources.here);
            // Several relocations of one line are one place to the reader.
            if seen
                .iter()
                .any(|(other, known)| other.label == location.label && *known == name)
            {
                continue;
            }
            if seen.len() < SHOWN_PLACES || is_last_word(finding, location) {
                places.add(location, sources);
            } else {
                more += 1;
            }
            seen.push((location, name));
        }
        if more > 0 {
            places.notes.push(format!(
                "{} not shown; `--format json` has them all",
                if more == 1 {
                    "1 more place is".to_owned()
                } else {
                    format!("{more} more places are")
                }
            ));
        }
        places
    }

    fn add(&mut self, location: &'a Location, sources: &mut Sources) {
        let Some((path, text, span)) = sources.find(location) else {
            self.add_name(location, &sources.here);
            return;
        };
        for shown in &mut self.shown {
            if let Shown::Lines {
                path: known,
                labels,
                ..
            } = shown
                && *known == path
            {
                labels.push((span, &location.label));
                return;
            }
        }
        self.shown.push(Shown::Lines {
            path,
            text,
            labels: vec![(span, &location.label)],
        });
    }

    fn add_name(&mut self, location: &'a Location, here: &Here) {
        let place = location.place.as_ref().filter(|_| location.line.is_none());
        if self.shown.is_empty() {
            // An origin has no room for a label, but needs no repetition of its name.
            self.notes.push(location.label.clone());
            self.shown.push(Shown::Name(name(location, here)));
            self.origin = place;
            return;
        }
        let name = match (place, self.origin) {
            (Some(place), Some(origin)) if place.is_beside(origin) => in_section(place),
            _ => name(location, here),
        };
        self.notes.push(format!("{name}: {}", location.label));
    }
}

fn picture(frame: &Frame) -> Option<String> {
    let drawn = frame::draw(frame)?;
    let top = frame.stack_pointer_name();
    let title =
        format!("the stack before the last step, by the distance from `{top}` at the entry:");
    Some(format!("{title}\n{drawn}"))
}

/// The cause of a finding is worth its place, however many places come before it.
fn is_last_word(finding: &Finding, location: &Location) -> bool {
    finding.places.last() == Some(location)
}

/// What a place is called: the source line, else object, section and offset.
pub(super) fn name(location: &Location, here: &Here) -> String {
    if let Some(line) = &location.line {
        return format!("{}:{}", here.shown(&line.file), line.line);
    }
    match &location.place {
        Some(place) => object_name(place, here),
        None => "the command line".to_owned(),
    }
}

/// What a place without a line is called: object, section and offset.
pub(super) fn object_name(place: &ObjectPlace, here: &Here) -> String {
    let object = here.object(&place.object);
    match place.section.is_empty() {
        true => object,
        false => format!("{object}({})", in_section(place)),
    }
}

fn in_section(place: &ObjectPlace) -> String {
    format!("{}+{:#x}", place.section, place.offset)
}

/// Source files, read once.
struct Sources {
    here: Here,
    texts: HashMap<String, Option<String>>,
}

impl Sources {
    fn new() -> Self {
        Self {
            here: Here::new(),
            texts: HashMap::new(),
        }
    }

    /// The file's name and text, and where the line stands in it without its indentation.
    fn find(&mut self, location: &Location) -> Option<(String, String, Range<usize>)> {
        let line = location.line.as_ref()?;
        let file = line.file.to_string();
        let text = self
            .texts
            .entry(file)
            .or_insert_with_key(|file| source_text(file))
            .as_ref()?;
        let span = span(text, line.line)?;
        Some((self.here.shown(&line.file), text.clone(), span))
    }
}

fn span(text: &str, line: u32) -> Option<Range<usize>> {
    let number = usize::try_from(line).ok()?.checked_sub(1)?;
    let found = text.split_inclusive('\n').nth(number)?;
    let start = found.as_ptr() as usize - text.as_ptr() as usize;
    let code = found.trim();
    let indent = found.len() - found.trim_start().len();
    Some(start + indent..start + indent + code.len())
}

/// The lines that count.
pub(super) fn counts(report: &Report) -> String {
    let suppressed = match report.suppressed.len() {
        0 => String::new(),
        number => format!(", {number} suppressed"),
    };
    let known = report
        .baseline
        .as_ref()
        .map_or_else(String::new, |baseline| {
            format!(", {} known", baseline.known)
        });
    let checked = format!(
        "checked {}: {} denied, {} warned{suppressed}{known}\n",
        scope(&report.unit),
        report.count(Level::Deny),
        report.count(Level::Warn),
    );
    // Of files alone, most of what they cross to is not there.
    let crossings = match report.unit.name {
        Some(_) => crossings(report),
        None => String::new(),
    };
    checked + &crossings + &contracts(report)
}

/// The line that counts crossings.
pub(super) fn crossings(report: &Report) -> String {
    format!("crossings: {}\n", crossings::counted(&report.crossings))
}

/// The line that counts verdicts, where contracts were judged.
pub(super) fn contracts(report: &Report) -> String {
    let Some(contracts) = &report.contracts else {
        return String::new();
    };
    format!(
        "contracts of {}: {} proved, {} refuted, {} possible, {} unknown (by rule and root)\n",
        count(contracts.roots.len(), "root"),
        contracts.proved,
        contracts.refuted,
        contracts.possible,
        contracts.unknown,
    )
}

fn summary(report: &Report) -> String {
    let mut text = counts(report);
    if let Some(contracts) = &report.contracts {
        text.push_str(&derivation(contracts));
        for Declaration { of, reason } in &contracts.declared {
            let (of, reason) = (printable(of), printable(reason));
            text.push_str(&format!("declared of {of}: {reason}\n"));
        }
    }
    for suppressed in &report.suppressed {
        let Suppressed { rule, symbol, .. } = suppressed;
        let (symbol, reason) = (printable(symbol), printable(&suppressed.reason));
        text.push_str(&format!("suppressed: `{rule}` of `{symbol}`: {reason}\n"));
    }
    for rule in &report.not_applicable {
        text.push_str(&format!(
            "{} was not applicable: {}\n",
            rule.rule, rule.reason
        ));
    }
    text
}

/// How the roots were found.
fn derivation(contracts: &ContractSummary) -> String {
    let mut ways: BTreeMap<&str, usize> = BTreeMap::new();
    for root in &contracts.roots {
        *ways.entry(&root.derived).or_default() += 1;
    }
    let ways = ways.iter().map(|(way, number)| format!("{number} {way}"));
    let mut ways: Vec<_> = ways.collect();
    let inside = contracts.roots.iter().filter(|root| root.is_inside_rust);
    match inside.count() {
        0 => {}
        number => ways.push(format!("{number} of them inside Rust's own objects")),
    }
    match ways.is_empty() {
        true => String::new(),
        false => format!("roots: {}\n", ways.join(", ")),
    }
}

fn scope(unit: &UnitSummary) -> String {
    let objects = count(unit.objects, "object");
    let images = count(unit.images, "linked image");
    let link = match (&unit.entry, unit.complete) {
        (Some(entry), _) => format!("complete link from `{entry}`"),
        (None, true) => "complete link".to_owned(),
        (None, false) => "partial link".to_owned(),
    };
    match (unit.objects, unit.images) {
        (0, _) => images,
        (_, 0) => format!("{objects}, {link}"),
        _ => format!("{objects} and {images}, {link}"),
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
