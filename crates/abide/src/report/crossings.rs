//! The crossings of a link: what assembly and the rest of it refer to in each other.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::here::Here;
use super::printable::printable;
use super::text::{contracts, crossings, object_name};
use super::{Report, table};
use crate::inputs::SourceLine;
use crate::rules::ObjectPlace;

/// One side of a crossing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Assembly, also inside of Rust's own objects.
    Assembly,
    /// Rust.
    #[serde(rename = "Rust")]
    Rust,
    /// C, or what is compiled as C is.
    #[serde(rename = "C")]
    C,
    /// The processor, by a gate.
    Hardware,
    /// A table of addresses, or a pointer that is handed out.
    Pointer,
    /// What is not in the link.
    Outside,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Assembly => "assembly",
            Self::Rust => "Rust",
            Self::C => "C",
            Self::Hardware => "hardware",
            Self::Pointer => "pointer",
            Self::Outside => "outside",
        })
    }
}

/// A function or variable of one side that the other refers to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Crossing {
    /// The symbol, as the file has it.
    pub symbol: String,
    /// The name as source has it, where the file's is mangled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demangled: Option<String>,
    /// Who refers to it.
    pub from: Side,
    /// What it is written in.
    pub to: Side,
    /// Whether it is code; not known of what is outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_function: Option<bool>,
    /// The convention that it is called by, where something tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convention: Option<String>,
    /// What it is declared as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Where it is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
    /// Where it is defined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defined: Option<Defined>,
    /// What was decided of it, where it is a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<RootVerdict>,
}

/// Where something is declared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Declared {
    /// The file: of source, else the one that was read.
    pub file: String,
    /// The line of source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// Where something is defined.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Defined {
    /// In its object.
    pub place: ObjectPlace,
    /// In source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<SourceLine>,
}

/// What was decided of a root: the numbers count rules.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RootVerdict {
    /// Rules that hold on all paths.
    pub proved: usize,
    /// Rules that a run violates.
    pub refuted: usize,
    /// Rules that an abstract path violates.
    pub possible: usize,
    /// Rules that were not decided.
    pub unknown: usize,
}

impl RootVerdict {
    /// The weightiest verdict.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self { refuted: 1.., .. } => "refuted",
            Self { possible: 1.., .. } => "possible",
            Self { unknown: 1.., .. } => "unknown",
            _ => "proved",
        }
    }
}

impl fmt::Display for RootVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        let counts = [
            (self.refuted, "refuted"),
            (self.possible, "possible"),
            (self.unknown, "unknown"),
            (self.proved, "proved"),
        ];
        let counts = counts.iter().filter(|(number, _)| *number > 0);
        let counts: Vec<_> = counts
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        write!(f, " ({})", counts.join(", "))
    }
}

#[derive(Serialize)]
struct Listing<'a> {
    units: Vec<Unit<'a>>,
}

#[derive(Serialize)]
struct Unit<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    crossings: &'a [Crossing],
}

/// The crossings of each link as JSON, with `"version": 1`, ending in a newline.
#[must_use]
pub fn json(reports: &[Report]) -> String {
    let units = reports.iter().map(|report| Unit {
        name: report.unit.name.as_deref(),
        crossings: &report.crossings,
    });
    super::json::versioned(&Listing {
        units: units.collect(),
    })
}

const HEADINGS: [&str; 7] = [
    "SYMBOL",
    "DIRECTION",
    "CONVENTION",
    "SIGNATURE",
    "DECLARED",
    "DEFINED",
    "VERDICT",
];

/// The crossings of each link as text: a table, and the lines that count.
#[must_use]
pub fn text(reports: &[Report]) -> String {
    let here = Here::new();
    let mut out = String::new();
    for (number, report) in reports.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        if let Some(name) = report.unit.name.as_ref().filter(|_| reports.len() > 1) {
            out.push_str(&format!("{}:\n", printable(name)));
        }
        let rows: Vec<_> = report
            .crossings
            .iter()
            .map(|row| cells(row, &here))
            .collect();
        match rows.is_empty() {
            true => out.push_str("nothing crosses between assembly and the rest of the link\n"),
            false => table::write(HEADINGS, rows, &mut out),
        }
        out.push_str(&crossings(report));
        out.push_str(&contracts(report));
    }
    out
}

fn cells(crossing: &Crossing, here: &Here) -> [String; 7] {
    let text = |text: &Option<String>| match text {
        Some(text) => printable(text).into_owned(),
        None => "-".to_owned(),
    };
    let name = crossing.demangled.as_ref().unwrap_or(&crossing.symbol);
    let declared = crossing
        .declared
        .as_ref()
        .map(|declared| match declared.line {
            Some(line) => format!("{}:{line}", here.shown(&declared.file)),
            None => here.shown(&declared.file),
        });
    let defined = crossing
        .defined
        .as_ref()
        .map(|defined| match &defined.line {
            Some(line) => format!("{}:{}", here.shown(&line.file), line.line),
            None => object_name(&defined.place, here),
        });
    [
        printable(name).into_owned(),
        crossing.direction(),
        text(&crossing.convention),
        text(&crossing.signature),
        text(&declared),
        text(&defined),
        text(&crossing.verdict.as_ref().map(ToString::to_string)),
    ]
}

impl Crossing {
    /// Who refers to it, and what it is written in.
    #[must_use]
    pub fn direction(&self) -> String {
        format!("{} → {}", self.from, self.to)
    }
}

/// How many there are of each direction, in words.
pub(super) fn counted(crossings: &[Crossing]) -> String {
    let mut directions: BTreeMap<String, usize> = BTreeMap::new();
    for crossing in crossings {
        *directions.entry(crossing.direction()).or_default() += 1;
    }
    let directions = directions.iter();
    let directions: Vec<_> = directions
        .map(|(way, number)| format!("{number} {way}"))
        .collect();
    match directions.is_empty() {
        true => "none".to_owned(),
        false => directions.join(", "),
    }
}
