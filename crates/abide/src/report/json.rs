//! Reports for programs.

use serde::Serialize;

use super::Report;

/// The version of the format: raised when a field changes its meaning or goes. New fields may
/// come at any time.
const VERSION: u32 = 1;

/// What carries the version.
#[derive(Serialize)]
struct Versioned<'a, T> {
    version: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// The report as JSON, with `"version": 1`, ending in a newline.
#[must_use]
pub fn json(report: &Report) -> String {
    versioned(report)
}

pub(super) fn versioned<T: Serialize>(content: &T) -> String {
    pretty(&Versioned {
        version: VERSION,
        content,
    })
}

/// Anything as JSON, ending in a newline.
pub(super) fn pretty<T: Serialize>(content: &T) -> String {
    // No map with keys that are not text is in a report: this does not fail.
    let mut text = serde_json::to_string_pretty(content).unwrap_or_default();
    text.push('\n');
    text
}
