//! Findings that were there when a project adopted the checker: known, and not told again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Baselined, Report, fingerprint, json};

/// The version of the file: raised when an entry is made otherwise.
const VERSION: u32 = 1;

/// The known findings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeSet<Known>);

/// A finding, by what stays of it under edits elsewhere: no line and no address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The rule.
    pub rule: String,
    /// The symbol.
    pub symbol: String,
    /// Its cause; equal ones are numbered.
    pub fingerprint: String,
}

/// Why a file is no baseline to go by. Each completes "the file …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoBaseline {
    /// It is something else.
    #[error("is no baseline ({0}): write one by `--write-baseline`")]
    Foreign(String),
    /// It is of another version.
    #[error(
        "is a baseline of version {0}, and version {VERSION} is read: write it anew by `--write-baseline`"
    )]
    Version(u64),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    abide_baseline: u32,
    findings: BTreeSet<Known>,
}

impl Baseline {
    /// What was found in all reports.
    #[must_use]
    pub fn of(reports: &[Report]) -> Self {
        Self(reports.iter().flat_map(known).collect())
    }

    /// Reads the text of a baseline.
    ///
    /// # Errors
    /// It is none, or of another version.
    pub fn parse(text: &str) -> Result<Self, NoBaseline> {
        let foreign = |error: serde_json::Error| NoBaseline::Foreign(error.to_string());
        let value: serde_json::Value = serde_json::from_str(text).map_err(foreign)?;
        let version = value.get("abide_baseline").and_then(|v| v.as_u64());
        match version {
            Some(version) if version != u64::from(VERSION) => Err(NoBaseline::Version(version)),
            _ => {
                let file: File = serde_json::from_value(value).map_err(foreign)?;
                Ok(Self(file.findings))
            }
        }
    }

    /// Its text, in an order of its own, an entry a few lines.
    #[must_use]
    pub fn text(&self) -> String {
        json::pretty(&File {
            abide_baseline: VERSION,
            findings: self.0.clone(),
        })
    }

    /// Takes what is known out of the reports; what is known and was not found is told in the last.
    pub fn apply(&self, reports: &mut [Report]) {
        let mut found = BTreeSet::new();
        for report in reports.iter_mut() {
            let all = known(report);
            let mut is_new = all.iter().map(|one| !self.0.contains(one));
            report.findings.retain(|_| is_new.next().unwrap_or(true));
            let before = all.len();
            report.baseline = Some(Baselined {
                known: before - report.findings.len(),
                gone: Vec::new(),
            });
            found.extend(all);
        }
        if let Some(baselined) = reports.last_mut().and_then(|last| last.baseline.as_mut()) {
            baselined.gone = self.0.difference(&found).cloned().collect();
        }
    }
}

/// The findings of a report, in its order.
fn known(report: &Report) -> Vec<Known> {
    let fingerprints = fingerprint::of(&report.findings);
    let found = report.findings.iter().zip(fingerprints);
    found
        .map(|(finding, fingerprint)| Known {
            rule: finding.rule.to_owned(),
            symbol: finding.symbol.clone(),
            fingerprint,
        })
        .collect()
}
