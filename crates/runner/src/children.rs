//! What is done with runs in children, whatever the code's width: the proof's functions are followed,
//! the refuted ones run until they show it.

use abide::inputs::Place;
use abide::interpret::Calls;
use abide::project::{Assumed, RootVerdicts, Unit, Verdict};

use crate::coverage::{Note, Surveyor, Visited};
use crate::entry::Seed;
use crate::link::Linked;
use crate::outcome::{Breach, Ending, Outcome};
use crate::report::Report;
use crate::watch::{Broken, Watch};

/// So many instructions are followed for coverage.
const MOST_STEPS: u64 = 12_000;
/// So many are followed to learn why a run broke what is proved.
const MOST_STEPS_WATCHED: u64 = 1_000_000;
/// So many times as many runs are made of a function that is refuted.
const MOST_ROUNDS: u64 = 32;
/// The rule of which a call inside of the code is seen by its steps alone.
const MISALIGNED: &str = "misaligned_call";

/// Which runs are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// How many.
    pub runs: usize,
    /// What their states follow from.
    pub seed: u64,
    /// Of the runs that return, so many are repeated step by step, for coverage.
    pub followed: usize,
}

/// Runs functions of one image in children.
pub trait Children {
    /// Runs a function on random states, each with the seed that it follows from.
    fn run(&mut self, found: &RootVerdicts, wanted: Wanted) -> Vec<(Seed, Outcome)>;

    /// Repeats runs step by step, of so many steps at most.
    fn again(
        &mut self,
        found: &RootVerdicts,
        seeds: &[Seed],
        watch: &Watch,
        steps: u64,
    ) -> Vec<(Seed, Outcome)>;

    /// What was noted of the steps at each byte of code.
    fn notes(&mut self) -> &[Note];
}

/// Runs what of a unit is decided.
pub fn run_unit(
    unit: &Unit,
    linked: &Linked<'_>,
    children: &mut impl Children,
    wanted: Wanted,
) -> Report {
    let mut report = Report::default();
    let mut surveyor = Surveyor::new(&unit.image, &unit.roots);
    let mut visited = Visited::default();
    let functions: Vec<Place> = unit.roots.iter().map(|found| found.root.place).collect();
    for found in unit.roots.iter().filter(|found| found.is_decided()) {
        let own = surveyor.survey(found, Calls::ByContract);
        let mut expected = surveyor.survey(found, Calls::Followed);
        expected.merge(own.clone());
        let mut assumptions = found.assumptions.iter();
        if assumptions.any(|assumed| matches!(assumed, Assumed::TableBound(..))) {
            // Tables of numbers are told apart in a close look alone.
            expected.merge(surveyor.survey(found, Calls::Closely));
        }
        let watch = Watch::new(linked, &expected);
        let mut runs = children.run(found, wanted);
        if found.is_proved() {
            follow(children, found, &mut runs, &watch, wanted.followed);
            visited.merge(own);
        } else {
            show(children, found, wanted, &mut runs);
            if !has_shown(&runs, MISALIGNED) && refuted(found).any(|rule| rule == MISALIGNED) {
                let residue = found.contract.convention.entry_residue;
                let watch = Watch::of_calls(linked, &functions, residue);
                show_calls(children, found, &watch, wanted.runs, &mut runs);
            }
        }
        report.add(linked, found, &watch, &runs);
    }
    report.coverage = visited.covered(linked, children.notes());
    report
}

/// Repeats runs step by step, each until it leaves what the proof expects or ends. Those that
/// broke something are followed to the end, and `more` of those that returned for a while.
fn follow(
    children: &mut impl Children,
    found: &RootVerdicts,
    runs: &mut [(Seed, Outcome)],
    watch: &Watch,
    more: usize,
) {
    let (broken, fine): (Vec<usize>, Vec<usize>) =
        (0..runs.len()).partition(|&number| runs[number].1.breach.is_some());
    let returned = |&number: &usize| runs[number].1.ending == Ending::Returned;
    let mut fine: Vec<usize> = fine.into_iter().filter(returned).collect();
    // Those with different pointers took different ways.
    fine.sort_by_key(|&number| runs[number].0.number);
    fine.truncate(more);
    for (numbers, steps) in [(broken, MOST_STEPS_WATCHED), (fine, MOST_STEPS)] {
        let seeds: Vec<Seed> = numbers.iter().map(|&number| runs[number].0).collect();
        let followed = children.again(found, &seeds, watch, steps);
        for (number, (_, mut outcome)) in numbers.into_iter().zip(followed) {
            if outcome.left && outcome.breach.take().is_some() {
                outcome.broken = Some(Broken::Callee);
            }
            // A run that was not followed to its end shows nothing new.
            if outcome.breach.is_some() || outcome.broken.is_some() {
                runs[number].1 = outcome;
            }
        }
    }
}

/// Runs a refuted function until each of its violations has shown, within bounds.
fn show(
    children: &mut impl Children,
    found: &RootVerdicts,
    wanted: Wanted,
    runs: &mut Vec<(Seed, Outcome)>,
) {
    for round in 1..MOST_ROUNDS {
        let shown = |rule: &str| has_shown(runs, rule);
        if refuted(found).filter(|rule| Breach::shows(rule)).all(shown) {
            return;
        }
        let seed = wanted.seed.wrapping_add(round << 32);
        runs.extend(children.run(found, Wanted { seed, ..wanted }));
    }
}

/// Follows runs to calls that stay inside of the code, which only their steps show, so many at once.
fn show_calls(
    children: &mut impl Children,
    found: &RootVerdicts,
    watch: &Watch,
    most: usize,
    runs: &mut Vec<(Seed, Outcome)>,
) {
    let seeds: Vec<Seed> = runs.iter().map(|(seed, _)| *seed).collect();
    for seeds in seeds.chunks(most.max(1)) {
        runs.extend(children.again(found, seeds, watch, MOST_STEPS_WATCHED));
        if has_shown(runs, MISALIGNED) {
            return;
        }
    }
}

/// Whether a run broke a rule.
fn has_shown(runs: &[(Seed, Outcome)], rule: &str) -> bool {
    let mut breaches = runs.iter().filter_map(|(_, outcome)| outcome.breach);
    breaches.any(|breach| breach.rule() == rule)
}

/// The rules that a root was refuted by.
fn refuted(found: &RootVerdicts) -> impl Iterator<Item = &'static str> {
    found
        .verdicts
        .iter()
        .filter_map(|(rule, verdict)| matches!(verdict, Verdict::Refuted(_)).then_some(rule.id))
}
