//! What the checker decided about a unit.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::time::Duration;

use super::unit::LinkUnit;

/// Roots by what was decided about them, and the time that it took.
#[derive(Debug, Default, Clone)]
pub(crate) struct Outcome {
    /// All rules proved, leaning on no assumption about the frame.
    pub(crate) proved: usize,
    /// All rules proved, some under an assumption about the frame.
    pub(crate) proved_assuming: usize,
    /// Some rule refuted by a replay.
    pub(crate) refuted: usize,
    /// None refuted, some rule with an abstract path only.
    pub(crate) possible: usize,
    /// None of these: undecided, by reason.
    pub(crate) unknown: BTreeMap<String, usize>,
    /// From the first byte read to the last verdict.
    pub(crate) time: Duration,
}

impl Outcome {
    /// The part of all roots that is proved or refuted.
    pub(crate) fn decided_percent(&self) -> f64 {
        let decided = self.proved + self.proved_assuming + self.refuted;
        let all = decided + self.possible + self.unknown.values().sum::<usize>();
        100.0 * decided as f64 / all.max(1) as f64
    }

    fn add(&mut self, other: &Self) {
        self.proved += other.proved;
        self.proved_assuming += other.proved_assuming;
        self.refuted += other.refuted;
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

/// Runs the checker over the unit, with shipped defaults and no configuration.
///
/// `None` until the library can: the table then shows what symbol tables tell.
pub(crate) fn check(_unit: &LinkUnit) -> Option<Outcome> {
    None
}
