//! What the checker decided about a unit.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Sum;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use abide::inputs::{self, Image};
use abide::project::{self, Assumed, Project, RootVerdicts, Verdict};
use abide::signatures::Signatures;

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
    /// How many proved roots lean on each assumption.
    pub(crate) assumed: BTreeMap<String, usize>,
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
    /// What was decided about the roots of a unit, in so much time.
    pub(crate) fn of(unit: &project::Unit, time: Duration) -> Self {
        let mut outcome = Self {
            time,
            ..Self::default()
        };
        for root in &unit.roots {
            count(&mut outcome, root);
        }
        outcome
    }

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
        for (assumption, count) in &other.assumed {
            *self.assumed.entry(assumption.clone()).or_default() += count;
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
/// `None` where the files cannot be read or no function in them is bound by a contract.
pub(crate) fn check(files: &[PathBuf]) -> Option<Outcome> {
    let start = Instant::now();
    let mut objects = Vec::new();
    for file in files {
        objects.extend(inputs::read(file).ok()?);
    }
    let unit = project::judge_unit(
        Image::new(objects),
        &Project::default(),
        &Signatures::default(),
    )
    .ok()?;
    Some(Outcome::of(&unit, start.elapsed()))
}

fn count(outcome: &mut Outcome, root: &RootVerdicts) {
    let of_kind = |kind: fn(&Verdict) -> bool| {
        let verdicts = root.verdicts.iter();
        verdicts.filter(move |(_, verdict)| kind(verdict))
    };
    let refuted: Vec<_> = of_kind(|verdict| matches!(verdict, Verdict::Refuted(_))).collect();
    for (rule, _) in &refuted {
        outcome.refuted.insert(Refuted {
            symbol: root.root.name.clone(),
            rule: rule.id.to_owned(),
        });
    }
    let count = if !root.is_decided() {
        match reason(root) {
            Some(reason) => outcome.unknown.entry(reason.to_owned()).or_default(),
            None => &mut outcome.possible,
        }
    } else if !refuted.is_empty() {
        &mut outcome.refuted_roots
    } else if root.is_without_frame_assumptions() {
        &mut outcome.proved
    } else {
        &mut outcome.proved_assuming
    };
    *count += 1;
    if root.is_proved() {
        let kinds: BTreeSet<_> = root.assumptions.iter().map(Assumed::kind).collect();
        for kind in kinds {
            *outcome.assumed.entry(kind.to_owned()).or_default() += 1;
        }
    }
}

/// Why a root is not decided; `None` where an abstract path violates a rule.
fn reason(root: &RootVerdicts) -> Option<&'static str> {
    let mut reason = None;
    for (_, verdict) in &root.verdicts {
        match verdict {
            Verdict::Possible(_) => return None,
            Verdict::Unknown(doubts) => reason = reason.or(doubts.first().map(|doubt| doubt.class)),
            _ => {}
        }
    }
    reason
}
