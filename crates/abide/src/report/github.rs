//! Reports for GitHub Actions: workflow commands, which become annotations beside the code.

use std::collections::HashSet;

use super::here::Here;
use super::printable::{self, printable};
use super::{Report, text};
use crate::rules::{Finding, Level};

/// The reports as workflow commands, and the lines that count. What several links have in common
/// is told once.
#[must_use]
pub fn github(reports: &[Report]) -> String {
    let here = Here::new();
    let mut out = String::new();
    let mut seen = HashSet::new();
    for report in reports {
        for command in commands(report, &here) {
            if !seen.contains(&command) {
                out.push_str(&command);
                seen.insert(command);
            }
        }
        out.push_str(&text::counts(report));
    }
    out
}

fn commands(report: &Report, here: &Here) -> impl Iterator<Item = String> {
    let findings = report.findings.iter();
    let findings = findings.map(|finding| annotation(&printable::finding(finding), here));
    let remarks = report.remarks.iter().map(|remark| {
        let text = format!("`abide.toml`: {}", printable(remark));
        command("warning", &[], &text)
    });
    let skipped = report.skipped.iter();
    let skipped = skipped.map(|skipped| command("notice", &[], &printable(skipped)));
    findings.chain(remarks).chain(skipped)
}

fn annotation(finding: &Finding, here: &Here) -> String {
    let kind = match finding.level {
        Level::Deny => "error",
        Level::Warn => "warning",
        Level::Allow => "notice",
    };
    let at = finding.places.iter().find_map(|place| place.line.as_ref());
    let mut properties = Vec::new();
    if let Some(line) = at {
        properties.push(("file", here.shown(&line.file)));
        properties.push(("line", line.line.to_string()));
    }
    properties.push(("title", format!("abide: {}", finding.rule)));
    command(kind, &properties, &message(finding, here))
}

/// The message, all places, notes and the next step.
fn message(finding: &Finding, here: &Here) -> String {
    let mut lines = vec![finding.message.clone()];
    let places = finding.places.iter();
    lines.extend(places.map(|place| format!("{}: {}", text::name(place, here), place.label)));
    lines.extend(finding.notes.iter().map(|note| format!("note: {note}")));
    lines.push(format!("help: {}", finding.help));
    lines.join("\n")
}

/// A workflow command, as `@actions/core` writes it: data escapes what would end it, and
/// properties what would end them too.
fn command(kind: &str, properties: &[(&str, String)], data: &str) -> String {
    let properties = properties.iter();
    let properties: Vec<_> = properties
        .map(|(name, value)| format!("{name}={}", escaped_property(value)))
        .collect();
    let space = if properties.is_empty() { "" } else { " " };
    format!(
        "::{kind}{space}{}::{}\n",
        properties.join(","),
        escaped(data)
    )
}

fn escaped(data: &str) -> String {
    let data = data.replace('%', "%25");
    data.replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(value: &str) -> String {
    escaped(value).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let properties = [
            ("file", "a,b:c%2C.asm".to_owned()),
            ("line", "3".to_owned()),
        ];
        assert_eq!(
            command("error", &properties, "100% of a::b,\r\nc"),
            "::error file=a%2Cb%3Ac%252C.asm,line=3::100%25 of a::b,%0D%0Ac\n"
        );
        assert_eq!(command("notice", &[], "x"), "::notice::x\n");
    }
}
