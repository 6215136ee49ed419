//! What the checker decided about a unit.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Sum;
use std::path::PathBuf;
use std::time::Duration;

/// Roots by what was decided about them, and the time that it took.
#[derive(Debug, Default, Clone)]
pub(crate) struct Outcome {
    /// All rules proved, leaning on no assumption about the frame.
    pub(crate) proved: usize,
    /// All rules proved, some under an assumption about the frame.
    pub(crate) proved_assuming: usize,
    /// Roots with some rule refuted by a replay.
    pub(crate) refuted_roots: usize,
    /// Each refutation.
    pub(crate) refuted: BTreeSet<Refuted>,
    /// None refuted, some rule with an abstract path only.
    pub(crate) possible: usize,
    /// None of these: undecided, by reason.
    pub(crate) unknown: BTreeMap<String, usize>,
    /// From the first byte read to the last verdict.
    pub(crate) time: Duration,
}

/// One rule, refuted for one root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Refuted {
    /// The root's symbol.
    pub(crate) symbol: String,
    /// The rule's id.
    pub(crate) rule: String,
}

impl Outcome {
    /// The part of all roots that is proved or refuted.
    pub(crate) fn decided_percent(&self) -> f64 {
        let decided = self.proved + self.proved_assuming + self.refuted_roots;
        let all = decided + self.possible + self.unknown.values().sum::<usize>();
        100.0 * decided as f64 / all.max(1) as f64
    }

    fn add(&mut self, other: &Self) {
        self.proved += other.proved;
        self.proved_assuming += other.proved_assuming;
        self.refuted_roots += other.refuted_roots;
        self.refuted.extend(other.refuted.iter().cloned());
        self.possible += other.possible;
        for (reason, count) in &other.unknown {
            *self.unknown.entry(reason.clone()).or_default() += count;
        }
        self.time += other.time;
    }
}

impl<'outcome> Sum<&'outcome Outcome> for Outcome {
    fn sum<I: Iterator<Item = &'outcome Outcome>>(outcomes: I) -> Self {
        outcomes.fold(Self::default(), |mut all, outcome| {
            all.add(outcome);
            all
        })
    }
}

/// Runs the checker over the unit's files, with shipped defaults and no configuration.
///
/// `None` until the library can: the table then shows what symbol tables tell.
pub(crate) fn check(_files: &[PathBuf]) -> Option<Outcome> {
    None
}
