//! The table: for each class, how many mutants there were, and what was decided of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Mutator;

/// What was decided of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decided {
    /// A rule is refuted by a run.
    Refuted,
    /// A rule is broken on an abstract path.
    Possible,
    /// The analysis could not tell.
    Unknown,
    /// Proved, and its runs keep the contract.
    Equivalent,
    /// Proved, and no run shows that it may be.
    Proved,
}

/// How often each was decided.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts([usize; 5]);

impl Counts {
    /// Counts one more.
    pub(crate) fn add(&mut self, decided: Decided) {
        self.0[decided as usize] += 1;
    }

    /// How many there were.
    pub(crate) fn made(&self) -> usize {
        self.0.iter().sum()
    }
}

/// The counts of every class of mutators, in their order, and their sum.
pub(crate) fn render(mutators: &[Mutator], counts: &BTreeMap<&str, Counts>) -> String {
    let mut text = String::new();
    let head = [
        "class",
        "made",
        "refuted",
        "possible",
        "unknown",
        "equivalent",
        "proved(!)",
    ];
    let [class, rest @ ..] = head;
    let _ = write!(text, "{class:<45}");
    for column in rest {
        let _ = write!(text, "{column:>11}");
    }
    text.push('\n');
    let mut sum = Counts::default();
    for mutator in mutators {
        let own = counts.get(mutator.name).copied().unwrap_or_default();
        for (all, own) in sum.0.iter_mut().zip(own.0) {
            *all += own;
        }
        line(&mut text, mutator.name, own);
    }
    line(&mut text, "all", sum);
    text
}

fn line(text: &mut String, name: &str, counts: Counts) {
    let _ = write!(text, "{name:<45}{:>11}", counts.made());
    for count in counts.0 {
        let _ = write!(text, "{count:>11}");
    }
    text.push('\n');
}
