//! What came of the runs of 32-bit functions, counted.

use super::guard::{Ending, Outcome};

/// Counts over functions.
#[derive(Debug, Default)]
pub struct Report {
    proved: usize,
    left_out: usize,
    returned: usize,
    runs: usize,
    runs_returned: usize,
    /// Runs that show what is proved not to be, of proofs that assume nothing that a run may break.
    pub contradictions: Vec<String>,
    /// The same, of proofs that lean on the bounds of an index or a table.
    departed: Vec<String>,
    /// Functions no run of which returned.
    silent: Vec<String>,
}

impl Report {
    pub(super) fn leave_out(&mut self) {
        self.left_out += 1;
    }

    pub(super) fn add(&mut self, name: &str, leans_on_bounds: bool, outcomes: &[Outcome]) {
        let returned = outcomes.iter().filter(|o| o.ending == Ending::Returned);
        let returned = returned.count();
        self.proved += 1;
        self.runs += outcomes.len();
        self.runs_returned += returned;
        self.returned += usize::from(returned > 0);
        if returned == 0 {
            self.silent.push(name.to_owned());
        }
        let is_breach = |outcome: &&Outcome| matches!(outcome.ending, Ending::Broke(_));
        let mut breaches = outcomes.iter().filter(is_breach);
        if let Some(Outcome {
            ending: Ending::Broke(breach),
            number,
            pointers,
        }) = breaches.next()
        {
            let line = format!("{name}: {breach:?}, seed {number:#x}/{pointers:#x}");
            match leans_on_bounds {
                true => self.departed.push(line),
                false => self.contradictions.push(line),
            }
        }
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: Self) {
        self.proved += other.proved;
        self.left_out += other.left_out;
        self.returned += other.returned;
        self.runs += other.runs;
        self.runs_returned += other.runs_returned;
        self.contradictions.extend(other.contradictions);
        self.departed.extend(other.departed);
        self.silent.extend(other.silent);
    }

    /// The columns' names.
    #[must_use]
    pub fn head() -> String {
        format!(
            "{:<16} {:>7} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9}",
            "crate", "proved", "returned", "other", "runs", "returned", "departed", "against"
        )
    }

    /// One line.
    #[must_use]
    pub fn line(&self, name: &str) -> String {
        format!(
            "{name:<16} {:>7} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9}",
            self.proved,
            self.returned,
            self.left_out,
            self.runs,
            self.runs_returned,
            self.departed.len(),
            self.contradictions.len()
        )
    }

    /// What is told beside the counts.
    #[must_use]
    pub fn details(&self) -> String {
        let mut text = String::new();
        for (title, lines) in [
            ("contradicts its proof", &self.contradictions),
            ("may have broken an assumption", &self.departed),
            ("never returned", &self.silent),
        ] {
            for line in lines {
                text.push_str(&format!("{title}: {line}\n"));
            }
        }
        text
    }
}
