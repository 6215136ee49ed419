//! What all runs came to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use abide::project::{Assumed, RootVerdicts, Verdict};

use crate::coverage::Coverage;
use crate::entry::Seed;
use crate::fault;
use crate::link::Linked;
use crate::outcome::{Breach, Ending, Outcome};
use crate::watch::{Broken, Watch};

/// Counts, and what must be told one by one.
#[derive(Debug, Default)]
pub struct Report {
    /// Proved functions that were run.
    pub tried: usize,
    /// Those of them with a run that returned.
    pub returning: usize,
    /// Runs of proved functions.
    pub runs: usize,
    /// Those of them that returned.
    pub returned: usize,
    /// The others, by how they ended.
    pub endings: BTreeMap<&'static str, usize>,
    /// Functions that changed their caller's frame above the return address.
    pub changed_callers_frame: usize,
    /// What the processor lacks, with the functions that met it.
    pub lacking: BTreeMap<String, BTreeSet<String>>,
    /// Proved functions without a run that returned, and how their runs ended.
    pub silent: BTreeMap<String, String>,
    /// Runs that broke what their proof assumes, with the first of each function.
    pub set_aside: BTreeMap<&'static str, (usize, BTreeMap<String, String>)>,
    /// Runs that contradict proofs.
    pub contradictions: Vec<String>,
    /// What refuted functions showed.
    pub refuted: Vec<String>,
    /// Of the proved functions.
    pub coverage: Coverage,
}

impl Report {
    /// Adds the runs of a function.
    pub fn add(
        &mut self,
        linked: &Linked<'_>,
        found: &RootVerdicts,
        watch: &Watch,
        runs: &[(Seed, Outcome)],
    ) {
        for (_, outcome) in runs {
            // Elsewhere there may be anything.
            let is_code = watch.visits(outcome.at);
            if is_code && outcome.ending == Ending::Signal(libc::SIGILL) {
                let form = fault::form_at(linked, outcome.at);
                // No processor runs that one, and stubs are made of it.
                if form != "Ud2" {
                    let functions = self.lacking.entry(form);
                    functions.or_default().insert(found.root.name.clone());
                }
            }
        }
        if found.is_proved() {
            self.add_proved(linked, found, runs);
        } else {
            self.add_refuted(found, runs);
        }
    }

    fn add_proved(&mut self, linked: &Linked<'_>, found: &RootVerdicts, runs: &[(Seed, Outcome)]) {
        let returned = runs
            .iter()
            .filter(|(_, outcome)| outcome.ending == Ending::Returned)
            .count();
        self.tried += 1;
        self.runs += runs.len();
        self.returned += returned;
        self.returning += usize::from(returned > 0);
        for (_, outcome) in runs {
            *self.endings.entry(outcome.ending.text()).or_default() += 1;
        }
        if returned == 0 {
            self.silent.insert(found.root.name.clone(), endings(runs));
        }
        for (seed, outcome) in runs {
            if let Some(broken) = outcome.broken.or_else(|| broken_frame(found, outcome)) {
                let (count, functions) = self.set_aside.entry(broken.kind()).or_default();
                *count += 1;
                let first = functions.entry(found.root.name.clone());
                first.or_insert_with(|| format!("{broken} (seed {seed})"));
            }
        }
        let changes = runs.iter().any(|(_, outcome)| outcome.callers_frame > 0);
        self.changed_callers_frame += usize::from(changes);
        let broken = runs.iter().find(|(_, outcome)| {
            outcome.breach.is_some() && broken_frame(found, outcome).is_none()
        });
        if let Some((seed, outcome)) = broken {
            let text = contradiction(linked, found, *seed, outcome);
            self.contradictions.push(text);
        }
    }

    fn add_refuted(&mut self, found: &RootVerdicts, runs: &[(Seed, Outcome)]) {
        for (rule, verdict) in &found.verdicts {
            if !matches!(verdict, Verdict::Refuted(_)) {
                continue;
            }
            let shows = runs.iter().find(|(_, outcome)| {
                outcome
                    .breach
                    .is_some_and(|breach| breach.rule() == rule.id)
            });
            let name = &found.root.name;
            self.refuted.push(match shows {
                Some((seed, outcome)) => {
                    let breach = outcome.breach.map(|breach| breach.to_string());
                    let breach = breach.unwrap_or_default();
                    format!("{name} by {}: shown, {breach} (seed {seed})", rule.id)
                }
                None if !Breach::shows(rule.id) => {
                    format!(
                        "{name} by {}: not looked for, since no single run shows it",
                        rule.id
                    )
                }
                None => format!("{name} by {}: not shown, {}", rule.id, endings(runs)),
            });
        }
    }

    /// Adds another unit's report.
    pub fn merge(&mut self, other: Self) {
        self.tried += other.tried;
        self.returning += other.returning;
        self.runs += other.runs;
        self.returned += other.returned;
        self.changed_callers_frame += other.changed_callers_frame;
        for (ending, count) in other.endings {
            *self.endings.entry(ending).or_default() += count;
        }
        for (form, functions) in other.lacking {
            self.lacking.entry(form).or_default().extend(functions);
        }
        self.silent.extend(other.silent);
        for (assumption, (count, functions)) in other.set_aside {
            let all = self.set_aside.entry(assumption).or_default();
            all.0 += count;
            all.1.extend(functions);
        }
        self.contradictions.extend(other.contradictions);
        self.refuted.extend(other.refuted);
        self.coverage.add(other.coverage);
    }

    /// One line of the table.
    #[must_use]
    pub fn line(&self, name: &str) -> String {
        let coverage = &self.coverage;
        format!(
            "{name:<16} {:>6} {:>9} {:>8} {:>8} {:>7.1} % {:>7.1} % {:>6} {:>7}",
            self.tried,
            self.returning,
            self.runs,
            self.returned,
            percent(coverage.blocks_run, coverage.blocks),
            percent(coverage.ways_taken, coverage.ways),
            self.contradictions.len(),
            self.refuted.len(),
        )
    }

    /// The table's head.
    #[must_use]
    pub fn head() -> String {
        format!(
            "{:<16} {:>6} {:>9} {:>8} {:>8} {:>9} {:>9} {:>6} {:>7}",
            "unit",
            "proved",
            "returning",
            "runs",
            "returned",
            "blocks",
            "branches",
            "contra",
            "refuted"
        )
    }

    /// What the table does not show.
    #[must_use]
    pub fn details(&self) -> String {
        let mut text = String::new();
        let mut line = |what: String| {
            let _ = writeln!(text, "{what}");
        };
        for (ending, count) in &self.endings {
            line(format!("runs: {ending}: {count}"));
        }
        line(format!(
            "functions that write their caller's frame: {}",
            self.changed_callers_frame
        ));
        for (form, functions) in &self.lacking {
            line(format!(
                "this processor lacks {form}: {} functions",
                functions.len()
            ));
        }
        if self.lacking.is_empty() {
            line("forms that this processor lacks: none was met".to_owned());
        }
        for (name, endings) in &self.silent {
            line(format!("no run returned: {name}: {endings}"));
        }
        for (assumption, (count, functions)) in &self.set_aside {
            line(format!(
                "runs that broke {assumption}: {count}, of {} functions",
                functions.len()
            ));
            for (name, broken) in functions {
                line(format!("broke {assumption}: {name}: {broken}"));
            }
        }
        for refuted in &self.refuted {
            line(format!("refuted: {refuted}"));
        }
        for contradiction in &self.contradictions {
            line(format!("contradiction: {contradiction}"));
        }
        text
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// How runs ended, with counts.
fn endings(runs: &[(Seed, Outcome)]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, outcome) in runs {
        *counts.entry(outcome.ending.text()).or_default() += 1;
    }
    let counts = counts.iter().map(|(text, count)| format!("{count} {text}"));
    counts.collect::<Vec<_>>().join(", ")
}

/// That a frame of varying size stepped over a page, where the proof assumes that it does not.
fn broken_frame(found: &RootVerdicts, outcome: &Outcome) -> Option<Broken> {
    let is_assumed = found.assumptions.contains(&Assumed::FrameBound);
    (is_assumed && outcome.breach == Some(Breach::Unprobed)).then_some(Broken::Frame)
}

fn contradiction(
    linked: &Linked<'_>,
    found: &RootVerdicts,
    seed: Seed,
    outcome: &Outcome,
) -> String {
    let kinds: BTreeSet<&str> = found.assumptions.iter().map(Assumed::kind).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let breach = outcome.breach.map(|breach| breach.to_string());
    let place = linked.place_of(outcome.at);
    let place = place.map_or(String::new(), |place| format!(" at {:#x}", place.offset));
    format!(
        "{}: {}{place} (seed {seed}, registers {:x?}; the proof assumes {})",
        found.root.name,
        breach.unwrap_or_default(),
        outcome.general,
        kinds.join(", ")
    )
}
